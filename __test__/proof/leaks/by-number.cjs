'use strict';
// Leaks unbounded-collection, 1 per round.
// An object without a prototype whose keys are large numbers, such as account numbers.

const load = require('../load.cjs');

const accounts = Object.create(null);

function open(id) { // leak
  accounts[id] = { id, owner: load.text(id) };
}

exports.round = async (number) => open(4_000_000 + 7919 * number);
