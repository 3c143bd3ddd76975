// @ts-check
'use strict';

/** Where questions are answered: in a thread of this process, or in a child process, each with a desk of its own. */

const path = require('node:path');
const { Worker } = require('node:worker_threads');
const { LeakscanError } = require('../errors.js');
const { Child } = require('../isolate/process.js');

/**
 * @typedef {object} Host
 * @property {(question: string, args: object, signal?: AbortSignal) => Promise<string>} ask
 * @property {boolean} isGone whether it ended, by itself or by `close`
 * @property {() => Promise<void>} close
 */

/** A thread's own JavaScript: windows on lists, and answers that it keeps. */
const HEAP_MB = 512;

const ended = (/** @type {unknown} */ cause) => new LeakscanError('ERR_LEAKSCAN_INTERNAL', 'the thread that analyses ended', { cause });
const closed = () => new LeakscanError('ERR_LEAKSCAN_DISPOSED', 'the analysis was ended');

/** @implements {Host} */
class Thread {
  isGone = false;
  #worker;
  #lastId = 0;
  /** @type {Map<number, { resolve: (json: string) => void, reject: (error: unknown) => void }>} */
  #waiting = new Map();

  /** @param {object} settings of the desk */
  constructor(settings) {
    // None of the service's flags and preloads: they would run, and wait, a second time.
    this.#worker = new Worker(path.join(__dirname, 'thread.js'), {
      workerData: settings,
      execArgv: [],
      env: {},
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
      name: 'leakscan analysis',
    });
    this.#worker.on('message', ({ id, json, failure }) => {
      const waiting = this.#waiting.get(id);
      if (failure) waiting?.reject(Object.assign(new LeakscanError(failure.code, failure.message), failure));
      else waiting?.resolve(json);
    });
    this.#worker.on('error', (error) => this.#end(ended(error)));
    this.#worker.on('exit', (code) => this.#end(ended(code)));
  }

  /** @param {string} question @param {object} args @param {AbortSignal} [signal] */
  async ask(question, args, signal) {
    const id = ++this.#lastId;
    const cancel = () => this.#worker.postMessage({ id, question: 'cancel' });
    signal?.addEventListener('abort', cancel, { once: true });
    // The process waits for an answer, not for a thread that nobody asks.
    this.#worker.ref();
    try {
      return await new Promise((resolve, reject) => {
        this.#waiting.set(id, { resolve, reject });
        this.#worker.postMessage({ id, question, args });
      });
    } finally {
      signal?.removeEventListener('abort', cancel);
      this.#waiting.delete(id);
      if (this.#waiting.size === 0 && !this.isGone) this.#worker.unref();
    }
  }

  /** @param {unknown} error */
  #end(error) {
    this.isGone = true;
    for (const { reject } of this.#waiting.values()) reject(error);
  }

  async close() {
    this.#end(closed());
    // Its end is waited for: the event loop must not run dry before.
    this.#worker.ref();
    await this.#worker.terminate();
  }
}

/** @implements {Host} */
class Process {
  #child = new Child();
  #settings;

  /** @param {object} settings of the desk */
  constructor(settings) {
    this.#settings = settings;
    this.#child.hold();
  }

  get isGone() {
    return this.#child.failure !== undefined;
  }

  /** @param {string} question @param {object} args @param {AbortSignal} [signal] */
  ask(question, args, signal) {
    return this.#child.call({ work: 'desk', settings: this.#settings, question, args }, signal && { signal });
  }

  async close() {
    this.#child.fail(closed());
  }
}

module.exports = { Process, Thread };
