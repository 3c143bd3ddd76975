'use strict';
// Healthy.
// Handlers for forty kinds of events, registered in one place as each kind first comes; and counters on the global object.

const { EventEmitter } = require('node:events');

const bus = new EventEmitter();
const known = new Set();

exports.round = (number) => {
  const kind = `kind ${(number * 7) % 40}`;
  if (!known.has(kind)) {
    known.add(kind);
    bus.on(kind, (count) => count + number);
  }
  bus.emit(kind, 1);
  globalThis[`count_${number % 5}`] = number;
};
