// @ts-check
// `setupFiles: ['leakscan/vitest/check']`.

import { afterAll, beforeAll } from 'vitest';
import check from '../check.js';

beforeAll(check.begin, check.TIMEOUT_MS);
afterAll(check.end, check.TIMEOUT_MS);
