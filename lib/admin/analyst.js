// @ts-check
'use strict';

/**
 * Analysis off the event loop: a thread or a process has the snapshots open, is started by the first question, and ended when nobody has
 * asked for a while, so that their memory comes back. Its answers are JSON that the event loop hands on as it is.
 */

const { Refusal } = require('./failure.js');
const { Process, Thread } = require('./hosts.js');

/** Questions that may wait. */
const MOST_WAITING = 32;

class Analyst {
  #settings;
  #Host;
  #idleMs;
  /** @type {import('./hosts.js').Host | undefined} */
  #host;
  #waiting = 0;
  /** @type {NodeJS.Timeout | undefined} */
  #idle;

  /** @param {{ strings: string, sourceMaps?: any, maxOpen: number, isolate?: 'process', idleMs?: number }} options */
  constructor({ idleMs = 60_000, isolate, ...settings }) {
    this.#settings = settings;
    this.#Host = isolate === 'process' ? Process : Thread;
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
    if (this.#waiting >= MOST_WAITING) {
      throw new Refusal(503, 'ERR_LEAKSCAN_BUSY', 'too many questions wait for an answer', { headers: { 'retry-after': '5' } });
    }
    clearTimeout(this.#idle);
    if (!this.#host || this.#host.isGone) this.#host = new this.#Host(this.#settings);
    this.#waiting++;
    try {
      return await this.#host.ask(question, args, signal);
    } finally {
      this.#waiting--;
      if (this.#waiting === 0) this.#idle = setTimeout(() => void this.close(), this.#idleMs).unref();
    }
  }

  /** A snapshot is no more. @param {number} id */
  async forget(id) {
    if (this.#host && !this.#host.isGone) await this.ask('forget', { id });
  }

  async close() {
    clearTimeout(this.#idle);
    const host = this.#host;
    this.#host = undefined;
    await host?.close();
  }
}

module.exports = { Analyst };
