// @ts-check
'use strict';

// `chai.use(require('leakscan/chai'))`, and then `await expect(work).to.haveNoLeak()`.

const { MATCHERS, outcome } = require('./lib/assert/matchers.js');

/** As Chai speaks: `to` stands apart. @param {string} name */
const chaiName = (name) => name.charAt(2).toLowerCase() + name.slice(3);

/**
 * @param {any} chai
 * @param {any} utils
 */
module.exports = function leakscan(chai, utils) {
  for (const [name, { assertion, opposite }] of Object.entries(MATCHERS)) {
    chai.Assertion.addMethod(chaiName(name), /** @this {any} @param {...unknown} args */ async function (...args) {
      const { pass, message } = await outcome(assertion, [utils.flag(this, 'object'), ...args]);
      // Chai reads '#{…}' in messages as places to fill in: functions are left alone.
      this.assert(pass, () => message, () => `Expected ${opposite}, and nothing of the kind was seen.`);
    });
  }
};
