// @ts-check
'use strict';

/**
 * Every error code, with what it means. The table, `docs/errors.md`, `index.d.ts` and the Rust codes are tied together by
 * a test.
 */
const CODES = Object.freeze({
  ERR_LEAKSCAN_IO: 'The input could not be read.',
  ERR_LEAKSCAN_NOT_A_SNAPSHOT: 'The input is no heap snapshot at all.',
  ERR_LEAKSCAN_TRUNCATED: 'The input ends before the snapshot does.',
  ERR_LEAKSCAN_SYNTAX: 'The input breaks the grammar of the format.',
  ERR_LEAKSCAN_UNSUPPORTED: 'The input is of a kind that leakscan does not read.',
  ERR_LEAKSCAN_CORRUPT: 'The input contradicts itself.',
  ERR_LEAKSCAN_TOO_LARGE: 'The input needs more than leakscan or the memory can hold.',
  ERR_LEAKSCAN_UNKNOWN_NODE: 'No node of the snapshot has this id.',
  ERR_LEAKSCAN_INVALID_ARG: 'An argument is wrong. Also a `TypeError`.',
  ERR_LEAKSCAN_DISPOSED: 'The snapshot was disposed.',
  ERR_LEAKSCAN_BUSY: 'Another capture, or sampling, is under way.',
  ERR_LEAKSCAN_MEMORY: 'There is not enough memory for a capture.',
  ERR_LEAKSCAN_LEAK: 'Something that was expected to be free of leaks is not.',
  ERR_LEAKSCAN_TIMEOUT: 'Work under test did not end in time.',
  ERR_LEAKSCAN_UNAUTHORIZED: 'The admin endpoint was asked without the right token.',
  ERR_LEAKSCAN_FORBIDDEN: 'The admin endpoint does not do this, or not for this origin.',
  ERR_LEAKSCAN_NOT_FOUND: 'The admin endpoint has no such route, snapshot, job or class.',
  ERR_LEAKSCAN_BINARY: 'The native binary is missing or does not load.',
  ERR_LEAKSCAN_CHILD: 'The child process of `isolate` could not be started, or ended.',
  ERR_LEAKSCAN_INTERNAL: 'A bug of leakscan; please report it.',
});

/** @typedef {keyof typeof CODES} Code */

/** Marks leakscan's errors, in every realm and every copy of this module. */
const BRAND = Symbol.for('leakscan.error');

/**
 * What all failures of leakscan are. `code` is a promise; `message` is for people and may change.
 */
class LeakscanError extends Error {
  /**
   * @param {Code} code
   * @param {string} message
   * @param {{ cause?: unknown, section?: string, offset?: number, memory?: object, alive?: object }} [details]
   */
  constructor(code, message, details = {}) {
    super(message, 'cause' in details ? { cause: details.cause } : undefined);
    describe(this, code, details);
  }

  /** @param {unknown} value */
  static [Symbol.hasInstance](value) {
    // A subclass keeps the ordinary meaning.
    if (this !== LeakscanError) return Function.prototype[Symbol.hasInstance].call(this, value);
    return typeof value === 'object' && value !== null && BRAND in value;
  }
}

/** An argument is wrong: a `LeakscanError` that is a `TypeError` too. */
class LeakscanArgumentError extends TypeError {
  /** @param {string} message */
  constructor(message) {
    super(message);
    describe(this, 'ERR_LEAKSCAN_INVALID_ARG', {});
  }
}

/**
 * @param {Error} error
 * @param {Code} code
 * @param {{ section?: string, offset?: number, memory?: object, alive?: object }} details
 */
function describe(error, code, { section, offset, memory, alive }) {
  // Not enumerable, as the fields of Node's own errors' names are not: only what helps is printed.
  Object.defineProperty(error, BRAND, { value: true });
  Object.defineProperty(error, 'name', { value: 'LeakscanError', configurable: true, writable: true });
  const known = Object.entries({ section, offset, memory, alive }).filter(([, value]) => value !== undefined);
  Object.assign(error, { code }, Object.fromEntries(known));
}

/**
 * Makes an error of the caller's realm of what the native side threw (a plain error whose message is JSON).
 * Returns `undefined` for a cancellation.
 *
 * @param {unknown} thrown
 * @param {string} [subject] what the failure is about, such as a file's name
 */
function fromNative(thrown, subject) {
  let failure;
  try {
    failure = JSON.parse(/** @type {Error} */ (thrown).message);
  } catch {
    return new LeakscanError('ERR_LEAKSCAN_INTERNAL', String(/** @type {any} */ (thrown)?.message ?? thrown), { cause: thrown });
  }
  const { code, message, section, offset } = failure;
  if (code === null) return undefined;
  const text = subject === undefined ? message : `${subject}: ${message}`;
  return code === 'ERR_LEAKSCAN_INVALID_ARG' ? new LeakscanArgumentError(text) : new LeakscanError(code, text, { section, offset });
}

module.exports = { CODES, LeakscanError, LeakscanArgumentError, fromNative };
