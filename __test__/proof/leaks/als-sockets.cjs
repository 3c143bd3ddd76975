'use strict';
// Leaks async-context or handles or timers, 1 per round.
// A store of AsyncLocalStorage per request, kept by a timer that each request leaves behind.

const { AsyncLocalStorage } = require('node:async_hooks');
const load = require('../load.cjs');

const requests = new AsyncLocalStorage();
const DAY = 24 * 3_600_000;

function audit() {
  setTimeout(() => {}, DAY).unref(); // leak
}

exports.round = async (number) => requests.run({ number, user: load.text(number) }, async () => audit());
