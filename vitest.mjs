// @ts-check
// `setupFiles: ['leakscan/vitest']`. Vitest is an ES module only, so this is one too.

import { expect } from 'vitest';
import matchersModule from './lib/assert/matchers.js';

export const { matchers } = matchersModule;

expect.extend(matchers);
