// @ts-check
// `setupFiles: ['leakscan/vitest/check']`.

import { afterAll, beforeAll } from 'vitest';
import check from '../check.js';

const TIMEOUT_MS = 60_000;

beforeAll(check.begin, TIMEOUT_MS);
afterAll(check.end, TIMEOUT_MS);
