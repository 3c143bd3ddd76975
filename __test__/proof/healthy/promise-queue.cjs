'use strict';
// Healthy.
// Jobs one after the other as a chain of promises, iterators that are ended, signals that are combined and end.

const { EventEmitter, on } = require('node:events');
const load = require('../load.cjs');

const ticker = new EventEmitter();
const shutdown = new AbortController();
let tail = Promise.resolve();

async function* pages(count) {
  for (let page = 0; page < count; page++) yield load.text(page, 100);
}

exports.round = async (number) => {
  const done = (tail = tail.then(async () => load.text(number).length));
  const request = new AbortController();
  const ticks = on(ticker, 'tick', { signal: AbortSignal.any([shutdown.signal, request.signal]) });
  ticker.emit('tick', number);
  await ticks.next();
  await ticks.return();
  for await (const page of pages(5)) if (page.includes('document 2')) break;
  request.abort();
  return done;
};
