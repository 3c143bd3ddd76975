'use strict';
// Leaks unbounded-collection or dominator, 1 per round.
// A mark of performance for every request, with details; nobody clears them.

const load = require('../load.cjs');

exports.round = async (number) => {
  performance.mark(`request-${number}`, { detail: { number, text: load.text(number) } });
};
