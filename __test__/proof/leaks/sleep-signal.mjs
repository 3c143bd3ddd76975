// Leaks timers or listeners or promise-reactions, 1 per round.
// Every request starts a sleep of a day that only the end of the process cuts short.

import { setTimeout as sleep } from 'node:timers/promises';
import load from '../load.cjs';

const shutdown = new AbortController();

async function expire(session) { // leak
  await sleep(24 * 3_600_000, undefined, { signal: shutdown.signal, ref: false });
  session.text = '';
}

export const round = async (number) => void expire({ number, text: load.text(number) }); // leak
