'use strict';
// Healthy.
// Emitters, subjects and signals used as they should be.

const { EventEmitter, once, on } = require('node:events');
const { Subject, firstValueFrom, take } = require('rxjs');
const EventEmitter3 = require('eventemitter3');
const load = require('../load.cjs');

const bus = new EventEmitter();
const quick = new EventEmitter3();
const subject = new Subject();
const shutdown = new AbortController();

exports.round = async (number) => {
  const text = load.text(number);
  bus.once('tick', () => text.length);
  bus.emit('tick');
  const listener = () => text.length;
  quick.on('tick', listener);
  quick.emit('tick');
  quick.off('tick', listener);
  const value = firstValueFrom(subject.pipe(take(1)));
  subject.next(text);
  await value;
  const waiting = once(bus, 'done', { signal: AbortSignal.any([shutdown.signal, AbortSignal.timeout(1000)]) });
  bus.emit('done', text);
  await waiting;
  const stop = new AbortController();
  shutdown.signal.addEventListener('abort', () => text.length, { signal: stop.signal });
  for await (const [event] of on(bus, 'item', { signal: (setImmediate(() => bus.emit('item', text)), stop.signal) })) {
    if (event === text) break;
  }
  stop.abort();
};
