/** A plugin for Chai: `chai.use(require('leakscan/chai'))`, then `await expect(work).to.haveNoLeak()`. See `docs/testing.md`. */

import type { LeakscanMatchers } from './matchers.js';

/** `toHaveNoLeak` is `haveNoLeak`: Chai says `to` itself. */
export type ChaiMatchers = {
  [Name in keyof LeakscanMatchers<Promise<void>> as Name extends `to${infer Rest}` ? Uncapitalize<Rest> : never]: LeakscanMatchers<
    Promise<void>
  >[Name];
};

declare const plugin: (chai: any, utils: any) => void;
export default plugin;

declare global {
  namespace Chai {
    interface Assertion extends ChaiMatchers {}
  }
}
