// @ts-check
'use strict';

const { expectCollected } = require('../live/alive.js');
const { KINDS, checkOptions } = require('../options.js');
const { LeakAssertionError } = require('./failure.js');

const OPTIONS = { label: KINDS.string, timeout: KINDS.count };

/**
 * Fails if an object is not collected; see `assert.d.ts`.
 *
 * No asynchronous function of ours ever has the object among its variables: it would keep it for as long as it waits.
 *
 * @param {unknown} objectOrWork
 * @param {object} [options]
 * @returns {Promise<void>}
 */
function assertCollected(objectOrWork, options) {
  try {
    const checked = checkOptions(options, OPTIONS);
    const object = typeof objectOrWork === 'function' ? objectOrWork() : objectOrWork;
    return typeof object?.then === 'function' ? awaited(object, checked) : expect(object, checked);
  } catch (error) {
    return Promise.reject(error);
  }
}

/** @param {unknown} object @param {{ label?: string, timeout?: number }} options */
function expect(object, { label, ...options }) {
  return expectCollected(object, label, options).catch(failed);
}

/**
 * A settled promise keeps its result, so only what comes out of it is asked for, once nobody holds the promise any more.
 * @param {PromiseLike<unknown>} promise @param {{ label?: string, timeout?: number }} options
 * @returns {Promise<void>}
 */
function awaited(promise, options) {
  return new Promise((resolve, reject) => {
    promise.then((object) => void expect(object, options).then(resolve, reject), reject);
  });
}

/** @param {any} error @returns {never} */
function failed(error) {
  if (error?.code !== 'ERR_LEAKSCAN_LEAK') throw error;
  throw new LeakAssertionError(error.message.trimEnd(), { operator: 'assertCollected' });
}

module.exports = { assertCollected };
