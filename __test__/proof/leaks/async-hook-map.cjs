'use strict';
// Leaks async-context, 1 per round.
// A tracer with async_hooks that takes note of every promise, and forgets none.

const { createHook } = require('node:async_hooks');
const load = require('../load.cjs');

const contexts = new Map();
let current = null;
createHook({
  init(asyncId, type) { // leak
    if (type === 'REQUEST' && current) contexts.set(asyncId, current);
  },
}).enable();

const { AsyncResource } = require('node:async_hooks');

exports.round = async (number) => {
  current = { number, text: load.text(number) };
  new AsyncResource('REQUEST').emitDestroy();
  current = null;
};
