/** Matchers for Jest: `setupFilesAfterEnv: ['leakscan/jest']`. See `docs/testing.md`. */

import type { LeakscanMatchers } from './matchers.js';

/** For `expect.extend`, where `expect` is not global. */
export const matchers: Record<keyof LeakscanMatchers<unknown>, (...args: unknown[]) => Promise<{ pass: boolean; message(): string }>>;

declare global {
  namespace jest {
    // eslint-disable-next-line @typescript-eslint/no-unused-vars
    interface Matchers<R, T = {}> extends LeakscanMatchers<Promise<void>> {}
  }
}
