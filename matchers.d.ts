/** The matchers of Jest and Vitest. All are asynchronous: `await expect(work).toHaveNoLeak()`. */

import type { LeftBehindOptions, NoLeakOptions, TrialOptions } from './assert.js';
import type { IgnoreRule } from './index.js';

export interface LeakscanMatchers<R> {
  /** {@link import('./assert.js').assertNoLeak} */
  toHaveNoLeak(options?: NoLeakOptions): R;
  /** {@link import('./assert.js').assertCollected} */
  toBeCollected(options?: { label?: string; timeout?: number }): R;
  /** {@link import('./assert.js').assertNoNewListeners} */
  toAddNoListeners(options?: LeftBehindOptions): R;
  /** {@link import('./assert.js').assertNoNewTimers} */
  toAddNoTimers(options?: LeftBehindOptions): R;
  /** {@link import('./assert.js').assertNoNewHandles} */
  toAddNoHandles(options?: LeftBehindOptions): R;
  /** {@link import('./assert.js').assertMaxGrowth} */
  toGrowAtMost(limit: number | Record<string, number>, options?: TrialOptions & { rounds?: number }): R;
  /** {@link import('./assert.js').assertMaxInstances} */
  toHaveAtMostInstances(limits: Record<string, number>): R;
  /** {@link import('./assert.js').assertNoFindings} */
  toHaveNoFindings(options?: { ignore?: (string | IgnoreRule)[] }): R;
}
