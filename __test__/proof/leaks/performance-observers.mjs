// Leaks listeners or unbounded-collection or dominator, 1 per round.
// An observer of performance for every request, which is never disconnected.

import { PerformanceObserver } from 'node:perf_hooks';
import load from '../load.cjs';

export const round = async (number) => {
  const report = { number, text: load.text(number), seen: 0 };
  new PerformanceObserver((list) => { // leak
    report.seen += list.getEntries().length;
  }).observe({ entryTypes: ['measure'] });
};
