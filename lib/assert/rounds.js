// @ts-check
'use strict';

const { LeakscanError } = require('../errors.js');

/** Milliseconds that the work may take, all rounds together, unless somebody says. */
const TIMEOUT_MS = 60_000;
/** What the clock answers. */
const LATE = Symbol('late');

/**
 * Runs a test's work in rounds, one after the other, under one bound of time and one of memory. Only the work's own time counts:
 * how long a snapshot takes depends on the machine and on who else is busy there.
 */
class Rounds {
  #work;
  #timeLeft;
  #timeout;
  #maxHeap;
  /** Rounds done so far. */
  done = 0;

  /**
   * @param {() => unknown} work
   * @param {{ timeout?: number, maxHeap?: number }} bounds milliseconds for all rounds; bytes that may be in use
   */
  constructor(work, { timeout = TIMEOUT_MS, maxHeap = Infinity }) {
    this.#work = work;
    this.#timeout = timeout;
    this.#timeLeft = timeout;
    this.#maxHeap = maxHeap;
  }

  /** Bytes that may be in use. */
  get maxHeap() {
    return this.#maxHeap;
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

  /** One round, but no longer than there is time. */
  async #once() {
    if (this.#timeLeft <= 0) throw this.#late();
    const began = performance.now();
    /** @type {NodeJS.Timeout | undefined} */
    let timer;
    try {
      const result = this.#work();
      if (typeof (/** @type {any} */ (result)?.then) !== 'function') return;
      const late = new Promise((resolve) => {
        timer = setTimeout(resolve, this.#timeLeft, LATE);
      });
      if ((await Promise.race([result, late])) === LATE) throw this.#late();
    } finally {
      clearTimeout(timer);
      this.#timeLeft -= performance.now() - began;
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
