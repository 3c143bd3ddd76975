'use strict';
// Timers that pile up, and timers that do not.

const { AsyncLocalStorage } = require('node:async_hooks');
const { body, run } = require('./rounds.cjs');

const HOUR = 3_600_000;
const store = new AsyncLocalStorage();
const cache = new Map();

// One for the whole program is no leak, nor is one that is started again and again.
setInterval(() => cache.clear(), 60_000).unref();
const keepAlive = setTimeout(() => cache.clear(), 30_000);

function leak(number) {
  const text = body(number);
  setInterval(() => text.length, 1000); // leak: interval
}

function leakUnref(number) {
  const text = body(number);
  setInterval(() => text.length, HOUR).unref(); // leak: unref
}

/** The callback captures nothing; what was in use when the timer was made is kept all the same. */
function leakStore(number) {
  store.run({ text: body(number) }, () => {
    setInterval(function tick() {}, 1500); // leak: store
  });
}

class Poller {
  constructor(number) {
    this.text = body(number);
    setInterval(this.poll.bind(this), 2000);
  }
  poll() { // leak: bound
    return this.text.length;
  }
}

function leakTimeout(number) {
  const text = body(number);
  setTimeout(() => text.length, 24 * HOUR); // leak: timeout
}

/** Starts itself again, for ever. */
function leakChain(number) {
  const text = body(number);
  setTimeout(function again() { // leak: chain
    if (text.length > 0) setTimeout(again, 1);
  }, 1);
}

/** Work under way: each goes after five seconds. */
function expire(number) {
  const text = body(number);
  setTimeout(() => text.length, 5000); // under way
}

async function healthy(number) {
  const text = body(number);
  keepAlive.refresh();
  const polling = setInterval(() => text.length, 1000);
  const limit = setTimeout(() => text.length, HOUR);
  await new Promise((resolve) => setTimeout(resolve, 1, text));
  await new Promise((resolve) => setImmediate(resolve, text));
  clearInterval(polling);
  clearTimeout(limit);
}

run({
  interval: leak,
  unref: leakUnref,
  store: leakStore,
  bound: (number) => void new Poller(number),
  timeout: leakTimeout,
  chain: leakChain,
  expire,
  healthy,
});
