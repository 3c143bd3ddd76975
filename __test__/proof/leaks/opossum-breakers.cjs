'use strict';
// Leaks timers, 1 per round.
// A circuit breaker for every request, none of which is shut down.

const CircuitBreaker = require('opossum');
const load = require('../load.cjs');

exports.round = async (number) => {
  const breaker = new CircuitBreaker(async (text) => text.length, { timeout: 3000, enableSnapshots: false });
  return breaker.fire(load.text(number));
};
