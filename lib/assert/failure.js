// @ts-check
'use strict';

const { AssertionError } = require('node:assert');

/**
 * Node's `AssertionError`; where a test runner has a realm of its own (Jest), an error of that realm, so that
 * `instanceof Error` holds there.
 */
const Base = /** @type {new (message: any) => Error} */ (
  AssertionError.prototype instanceof Error ? AssertionError : Error
);

/**
 * What an assertion of leakscan fails with. The message says what leaks, where it is made and what keeps it.
 */
class LeakAssertionError extends Base {
  /**
   * @param {string} message
   * @param {{ operator: string, summary?: unknown, evidence?: string[] }} details
   */
  constructor(message, { operator, summary, evidence = [] }) {
    super(Base === Error ? message : { message, operator });
    this.name = 'AssertionError';
    this.code = 'ERR_LEAKSCAN_LEAK';
    // Node has written its own code into the first line.
    Error.captureStackTrace?.(this, LeakAssertionError);
    // `actual` and `expected` are left alone: test runners would print their difference, and the message is better.
    hide(this, {
      /** The leak summary, where one was made. */
      summary,
      /** Paths of the snapshots that were kept. */
      evidence,
    });
  }
}

/** Fields that are there for programs and not for the printed error. @param {object} object @param {object} fields */
function hide(object, fields) {
  for (const [name, value] of Object.entries(fields)) {
    Object.defineProperty(object, name, { value, configurable: true, writable: true });
  }
}

module.exports = { LeakAssertionError };
