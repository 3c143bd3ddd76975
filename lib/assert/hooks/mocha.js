// @ts-check
'use strict';

// `mocha --require leakscan/mocha/check`: for all files of the run together; for each by itself with `--parallel`.

const { begin, end, TIMEOUT_MS } = require('../check.js');

exports.mochaHooks = {
  /** @this {any} */
  beforeAll() {
    this.timeout(TIMEOUT_MS);
    return begin();
  },
  /** @this {any} */
  afterAll() {
    this.timeout(TIMEOUT_MS);
    return end();
  },
};
