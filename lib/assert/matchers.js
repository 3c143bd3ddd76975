// @ts-check
'use strict';

const assertions = require('./index.js');

/**
 * The assertions as matchers: by name the assertion, and what `.not` expects of the thing. One table for Jest, Vitest and
 * Chai.
 * @type {Record<string, { assertion: (...args: any[]) => unknown, opposite: string }>}
 */
const MATCHERS = {
  toHaveNoLeak: { assertion: assertions.assertNoLeak, opposite: 'the work to leak' },
  toBeCollected: { assertion: assertions.assertCollected, opposite: 'the object to be kept alive' },
  toAddNoListeners: { assertion: assertions.assertNoNewListeners, opposite: 'the work to add listeners' },
  toAddNoTimers: { assertion: assertions.assertNoNewTimers, opposite: 'the work to leave timers' },
  toAddNoHandles: { assertion: assertions.assertNoNewHandles, opposite: 'the work to leave handles open' },
  toGrowAtMost: { assertion: assertions.assertMaxGrowth, opposite: 'the work to grow the heap by more' },
  toHaveAtMostInstances: { assertion: assertions.assertMaxInstances, opposite: 'more instances' },
  toHaveNoFindings: { assertion: assertions.assertNoFindings, opposite: 'findings' },
};

/**
 * Whether an assertion holds, and the message of its failure. What is no failure of the assertion (the work throws, an
 * argument is wrong) is thrown on.
 * @param {(...args: any[]) => unknown} assertion
 * @param {unknown[]} args
 */
async function outcome(assertion, args) {
  try {
    await assertion(...args);
    return { pass: true, message: '' };
  } catch (error) {
    const { code, message } = /** @type {any} */ (error);
    if (code !== 'ERR_LEAKSCAN_LEAK') throw error;
    return { pass: false, message };
  }
}

/** Matchers for `expect.extend` of Jest and Vitest. */
const matchers = Object.fromEntries(
  Object.entries(MATCHERS).map(([name, { assertion, opposite }]) => {
    /** @this {any} @param {...unknown} args */
    async function matcher(...args) {
      const { pass, message } = await outcome(assertion, args);
      const options = { isNot: this.isNot, promise: this.promise };
      const hint = this.utils.matcherHint(name, undefined, args.length > 1 ? undefined : '', options);
      return {
        pass,
        message: () => (pass ? `${hint}\n\nExpected ${opposite}, and nothing of the kind was seen.` : `${hint}\n\n${message}`),
      };
    }
    return [name, matcher];
  }),
);

module.exports = { MATCHERS, matchers, outcome };
