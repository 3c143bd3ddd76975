// @ts-check
'use strict';

// `node --require leakscan/node-test/check --test`: every test file is a process of its own.

const { after, before } = require('node:test');
const { begin, end } = require('../check.js');

// The runner itself loads this too; it has no tests of its own.
if (process.env.NODE_TEST_CONTEXT) {
  before(begin);
  after(end);
}
