// Leaks listeners or promise-reactions, 1 per round.
// `for await` over the events of a shared emitter: the loop of a client that has gone waits for the next event.

import { EventEmitter, on } from 'node:events';
import load from '../load.cjs';

const ticker = new EventEmitter();
ticker.setMaxListeners(0);

async function follow(number) { // leak
  const client = { number, text: load.text(number) };
  for await (const [price] of on(ticker, 'price')) client.last = price; // leak
}

export const round = async (number) => void follow(number);
