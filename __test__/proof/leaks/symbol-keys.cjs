'use strict';
// Leaks unbounded-collection, 1 per round.
// What belongs to a request is put on a shared object under a symbol of its own.

const load = require('../load.cjs');

const shared = {};

function attach(number) { // leak
  shared[Symbol(`request ${number}`)] = { number, text: load.text(number) };
}

exports.round = async (number) => attach(number);
