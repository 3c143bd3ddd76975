// Uses every assertion and matcher that the types promise. Compiled, not run.

import leakscanAssert = require('../../assert.js');
import type { ChaiMatchers } from '../../chai.js';
import type { LeakscanMatchers } from '../../matchers.js';
import type { Snapshot, Summary } from 'leakscan';

declare const snapshot: Snapshot;
declare const expectation: LeakscanMatchers<Promise<void>>;
declare const chai: ChaiMatchers;

export async function all(): Promise<void> {
  const options: leakscanAssert.NoLeakOptions = {
    rounds: [7, 13],
    warmup: 3,
    timeout: 1000,
    maxHeap: 1e9,
    unit: 'request',
    ignore: ['cause:timers', { className: 'Session' }],
    name: 'work',
    evidence: false,
  };
  const summary: Summary = await leakscanAssert.assertNoLeak(async () => 1, options);
  await leakscanAssert.assertMaxGrowth(() => {}, { Session: 0 }, { rounds: 2, warmup: 0 });
  await leakscanAssert.assertMaxGrowth(() => {}, 1000);
  const left: leakscanAssert.LeftBehindOptions = { timeout: 100, ignore: ['timers', /\d/] };
  await leakscanAssert.assertNoNewListeners(() => {}, left);
  await leakscanAssert.assertNoNewTimers(() => {});
  await leakscanAssert.assertNoNewHandles(() => {});
  await leakscanAssert.assertCollected(() => ({}), { label: 'it', timeout: 10 });
  leakscanAssert.assertMaxInstances(snapshot, { Session: 0 });
  leakscanAssert.assertNoFindings(summary, { ignore: ['signature:0123456789abcdef'] });

  await expectation.toHaveNoLeak(options);
  await expectation.toBeCollected();
  await expectation.toAddNoListeners();
  await expectation.toAddNoTimers();
  await expectation.toAddNoHandles(left);
  await expectation.toGrowAtMost({ Session: 1 });
  await expectation.toHaveAtMostInstances({ Session: 1 });
  await expectation.toHaveNoFindings();
  await chai.haveNoLeak(options);
  await chai.beCollected();
  await chai.addNoListeners();
}

