'use strict';
// Leaks timers, 1 per round.
// A rate limiter for every request, each with a reservoir that refills itself by an interval.

const Bottleneck = require('bottleneck');
const load = require('../load.cjs');

exports.round = async (number) => {
  const limiter = new Bottleneck({
    reservoir: 10,
    reservoirRefreshAmount: 10,
    reservoirRefreshInterval: 250,
  });
  await limiter.schedule(async () => load.text(number).length);
};
