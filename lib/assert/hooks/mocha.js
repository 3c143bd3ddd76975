// @ts-check
'use strict';

// `mocha --require leakscan/mocha/check`: for all files of the run together; for each by itself with `--parallel`.

const { begin, end } = require('../check.js');

const TIMEOUT_MS = 60_000;

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
