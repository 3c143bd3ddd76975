// @ts-check
'use strict';

// For runners whose hooks are global: `setupFilesAfterEnv: ['leakscan/jest/check']` in Jest.

const { begin, end } = require('../check.js');

const TIMEOUT_MS = 60_000;
const { beforeAll, afterAll } = /** @type {any} */ (globalThis);

beforeAll(begin, TIMEOUT_MS);
afterAll(end, TIMEOUT_MS);
