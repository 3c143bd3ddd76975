// @ts-check
'use strict';

// For runners whose hooks are global: `setupFilesAfterEnv: ['leakscan/jest/check']` in Jest.

const { begin, end, TIMEOUT_MS } = require('../check.js');

const { beforeAll, afterAll } = /** @type {any} */ (globalThis);

beforeAll(begin, TIMEOUT_MS);
afterAll(end, TIMEOUT_MS);
