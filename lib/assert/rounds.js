// @ts-check
'use strict';

const { LeakscanError } = require('../errors.js');

/** Milliseconds for everything that an assertion does, unless somebody says. */
const TIMEOUT_MS = 60_000;
/** What the clock answers. */
const LATE = Symbol('late');

/**
 * Runs a test's work in rounds, one after the other, under one deadline and one bound of memory.
 */
class Rounds {
  #work;
  #deadline;
  #timeout;
  #maxHeap;
  /** Rounds done so far. */
  done = 0;

  /**
   * @param {() => unknown} work
   * @param {{ timeout?: number, maxHeap?: number }} bounds milliseconds for everything; bytes that may be in use
   */
  constructor(work, { timeout = TIMEOUT_MS, maxHeap = Infinity }) {
    this.#work = work;
    this.#timeout = timeout;
    this.#deadline = performance.now() + timeout;
    this.#maxHeap = maxHeap;
  }

  /** Bytes that may be in use. */
  get maxHeap() {
    return this.#maxHeap;
  }

  /** Aborts when the time is over. */
  signal() {
    return AbortSignal.timeout(Math.max(1, Math.ceil(this.#deadline - performance.now())));
  }

  /**
   * Work of leakscan's own, under the same deadline.
   * @template T
   * @param {string} what
   * @param {() => Promise<T>} task one that stops by `signal()`
   */
  async within(what, task) {
    try {
      return await task();
    } catch (error) {
      if (/** @type {any} */ (error)?.name !== 'TimeoutError') throw error;
      throw new LeakscanError(
        'ERR_LEAKSCAN_TIMEOUT',
        `${what} was under way when the time of ${this.#timeout} ms (option \`timeout\`) was over, after ${this.done} rounds`,
      );
    }
  }

  /**
   * Does `count` rounds; ends early, with `false`, when more memory is in use than allowed.
   * What the work throws, or rejects with, goes to the caller as it is.
   * @param {number} count
   */
  async run(count) {
    for (let round = 0; round < count; round++) {
      await this.#once();
      this.done += 1;
      if (bytesInUse() > this.#maxHeap) return false;
    }
    return true;
  }

  /** One round, but no longer than the deadline. */
  async #once() {
    const left = this.#deadline - performance.now();
    if (left <= 0) throw this.#late();
    /** @type {NodeJS.Timeout | undefined} */
    let timer;
    try {
      const result = this.#work();
      if (typeof (/** @type {any} */ (result)?.then) !== 'function') return;
      const late = new Promise((resolve) => {
        timer = setTimeout(resolve, left, LATE);
      });
      if ((await Promise.race([result, late])) === LATE) throw this.#late();
    } finally {
      clearTimeout(timer);
    }
  }

  #late() {
    return new LeakscanError(
      'ERR_LEAKSCAN_TIMEOUT',
      `the function under test did not end in time: round ${this.done + 1} was under way after ${this.#timeout} ms ` +
        '(option `timeout`). Does a promise that it returns ever settle?',
    );
  }
}

/** Bytes of JavaScript's heap and of the buffers outside of it. */
function bytesInUse() {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

module.exports = { Rounds, TIMEOUT_MS, bytesInUse };
