/** Matchers for Vitest: `setupFiles: ['leakscan/vitest']`. See `docs/testing.md`. */

import 'vitest';
import type { LeakscanMatchers } from './matchers.js';

/** For `expect.extend`. */
export const matchers: Record<keyof LeakscanMatchers<unknown>, (...args: unknown[]) => Promise<{ pass: boolean; message(): string }>>;

declare module 'vitest' {
  interface Matchers<T = any> extends LeakscanMatchers<Promise<void>> {}
}
