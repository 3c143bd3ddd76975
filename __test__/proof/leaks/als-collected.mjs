// Leaks unbounded-collection or async-context, 1 per round.
// Traces that are collected to be sent, and nobody sends them.

import { AsyncLocalStorage } from 'node:async_hooks';
import { setImmediate as turn } from 'node:timers/promises';
import load from '../load.cjs';

const trace = new AsyncLocalStorage();

class Collector {
  static finished = [];

  static collect(span) {
    Collector.finished.push(span); // leak
  }
}

async function work(number) {
  await turn();
  trace.getStore().events.push({ name: 'query', text: load.text(number, 200) });
  await turn();
  Collector.collect(trace.getStore());
}

export const round = (number) => trace.run({ id: `trace-${number}`, events: [] }, work, number);
