// Healthy.
// Generators, subjects, stores, actors and signals that are ended when the client goes.

import { EventEmitter, on, once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { ReplaySubject, Subject, takeUntil } from 'rxjs';
import { createActor, createMachine } from 'xstate';
import { createStore } from 'zustand/vanilla';
import load from '../load.cjs';

const prices = new EventEmitter();
const subject = new Subject();
const last = new ReplaySubject(5);
const store = createStore(() => ({ visits: 0 }));
const shutdown = new AbortController();
const machine = createMachine({ initial: 'open', states: { open: { after: { 60_000: 'gone' } }, gone: {} } });

export const round = async (number) => {
  const client = { number, text: load.text(number) };
  const gone = new AbortController();
  const done = new Subject();
  subject.pipe(takeUntil(done)).subscribe((price) => (client.price = price));
  const unsubscribe = store.subscribe((state) => (client.visits = state.visits));
  const actor = createActor(machine);
  actor.subscribe((state) => (client.state = state.value));
  actor.start();
  const signal = AbortSignal.any([gone.signal, shutdown.signal]);
  const sleeping = sleep(60_000, undefined, { signal }).catch(() => {});
  const reading = (async () => {
    for await (const [price] of on(prices, 'price', { signal })) client.last = price;
  })().catch(() => {});
  const first = once(prices, 'price');
  prices.emit('price', number);
  subject.next(number);
  last.next(client);
  store.setState({ visits: number });
  await first;
  gone.abort();
  done.next();
  unsubscribe();
  actor.stop();
  await Promise.all([sleeping, reading]);
};
