'use strict';
// Leaks dominator or unbounded-collection, 1 per round, and 1 that is no leak.
// Settings that inherit from the last ones, again and again.

const load = require('../load.cjs');

let settings = { text: load.text(0) };

exports.round = async (number) => {
  settings = Object.assign(Object.create(settings), { number, text: load.text(number) });
};
