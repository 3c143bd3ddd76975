'use strict';
// Leaks unbounded-collection, 1 per round.
// Hooks for every request, which are enabled and never disabled.

const { createHook } = require('node:async_hooks');

exports.round = (number) => {
  const resources = { number, count: 0 };
  createHook({
    init() { // leak
      resources.count++;
    },
  }).enable();
};
