// @ts-check
'use strict';

/**
 * Analysis off the event loop: a thread that has the snapshots open, started by the first question and ended when nobody has asked for a
 * while, so that their memory comes back. Its answers are JSON that the event loop hands on as it is.
 */

const path = require('node:path');
const { Worker } = require('node:worker_threads');
const { LeakscanError } = require('../errors.js');
const { Refusal } = require('./failure.js');

/** Questions that may wait. */
const MOST_WAITING = 32;
/** The thread's own JavaScript: windows on lists, and answers that it keeps. */
const HEAP_MB = 512;

class Analyst {
  #settings;
  #idleMs;
  /** @type {Worker | undefined} */
  #worker;
  #nextId = 1;
  /** @type {Map<number, { resolve: (json: string) => void, reject: (error: unknown) => void }>} */
  #waiting = new Map();
  /** @type {NodeJS.Timeout | undefined} */
  #idle;

  /** @param {{ strings: string, sourceMaps?: any, maxOpen: number, idleMs?: number }} options */
  constructor({ idleMs = 60_000, ...settings }) {
    this.#settings = settings;
    this.#idleMs = idleMs;
  }

  /**
   * @param {string} question of {@link ./desk.js}
   * @param {object} args
   * @param {AbortSignal} [signal]
   * @returns {Promise<string>} JSON
   */
  async ask(question, args, signal) {
    signal?.throwIfAborted();
    if (this.#waiting.size >= MOST_WAITING) {
      throw new Refusal(503, 'ERR_LEAKSCAN_BUSY', 'too many questions wait for an answer', { headers: { 'retry-after': '5' } });
    }
    const worker = this.#running();
    const id = this.#nextId++;
    clearTimeout(this.#idle);
    worker.ref();
    const cancel = () => worker.postMessage({ id, question: 'cancel' });
    signal?.addEventListener('abort', cancel, { once: true });
    try {
      return await new Promise((resolve, reject) => {
        this.#waiting.set(id, { resolve, reject });
        worker.postMessage({ id, question, args });
      });
    } finally {
      signal?.removeEventListener('abort', cancel);
      this.#waiting.delete(id);
      this.#rest();
    }
  }

  /** A snapshot is no more. @param {number} id */
  async forget(id) {
    if (this.#worker) await this.ask('forget', { id });
  }

  #running() {
    if (this.#worker) return this.#worker;
    // None of the service's flags and preloads: they would run, and wait, a second time.
    const worker = new Worker(path.join(__dirname, 'analyst-thread.js'), {
      workerData: this.#settings,
      execArgv: [],
      env: {},
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
      name: 'leakscan analysis',
    });
    const gone = (/** @type {unknown} */ error) => {
      if (this.#worker !== worker) return;
      this.#worker = undefined;
      for (const { reject } of this.#waiting.values()) reject(error);
    };
    worker.on('message', ({ id, json, failure }) => {
      const waiting = this.#waiting.get(id);
      if (failure) waiting?.reject(Object.assign(new LeakscanError(failure.code, failure.message), failure));
      else waiting?.resolve(json);
    });
    worker.on('error', (cause) => gone(new LeakscanError('ERR_LEAKSCAN_INTERNAL', 'the thread that analyses ended', { cause })));
    worker.on('exit', () => gone(new LeakscanError('ERR_LEAKSCAN_INTERNAL', 'the thread that analyses ended')));
    this.#worker = worker;
    return worker;
  }

  /** Ends the thread when nobody has asked for a while. */
  #rest() {
    if (this.#waiting.size > 0 || !this.#worker) return;
    this.#worker.unref();
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => void this.close(), this.#idleMs).unref();
  }

  async close() {
    clearTimeout(this.#idle);
    const worker = this.#worker;
    this.#worker = undefined;
    for (const { reject } of this.#waiting.values()) reject(new LeakscanError('ERR_LEAKSCAN_DISPOSED', 'the admin endpoint was closed'));
    await worker?.terminate();
  }
}

module.exports = { Analyst };
