// Leaks unbounded-collection or async-context, 1 per round.
// Promises that are put on a list by a function inside of the one that handles requests.

import { AsyncLocalStorage } from 'node:async_hooks';
import load from '../load.cjs';

const store = new AsyncLocalStorage();
const waiting = [];

export const round = (number) => // leak
  store.run({ number, text: load.text(number) }, async () => {
    waiting.push({ since: number, answer: new Promise(() => {}) });
  });
