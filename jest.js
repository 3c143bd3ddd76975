// @ts-check
'use strict';

// `setupFilesAfterEnv: ['leakscan/jest']`; or, without globals, `expect.extend(require('leakscan/jest').matchers)`.

const { matchers } = require('./lib/assert/matchers.js');

/** @type {any} */ (globalThis).expect?.extend?.(matchers);

module.exports = { matchers };
