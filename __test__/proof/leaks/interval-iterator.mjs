// Leaks timers, 1 per round.
// `for await` over an interval of timers/promises, one for every session, none of which ends.

import { setInterval as every } from 'node:timers/promises';
import load from '../load.cjs';

async function heartbeat(session) { // leak
  for await (const at of every(3_600_000, undefined, { ref: false })) session.at = at;
}

export const round = async (number) => void heartbeat({ number, text: load.text(number) }); // leak
