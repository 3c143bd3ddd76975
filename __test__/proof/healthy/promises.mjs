// Healthy.
// Races, timeouts and signals that end; promises that settle.

import { setTimeout as sleep } from 'node:timers/promises';
import load from '../load.cjs';

async function withTimeout(work, ms) {
  const stop = new AbortController();
  try {
    return await Promise.race([work, sleep(ms, undefined, { signal: stop.signal })]);
  } finally {
    stop.abort();
  }
}

let last = Promise.resolve();

export const round = async (number) => {
  const text = await withTimeout(Promise.resolve(load.text(number)), 10_000).catch(() => '');
  // A chain as a mutex, each link gone when the next has begun.
  last = last.then(() => sleep(0)).then(() => text.length);
  await last;
  await Promise.allSettled([Promise.reject(new Error(text)), Promise.any([sleep(1), text])]);
};
