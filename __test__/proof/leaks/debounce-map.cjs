'use strict';
// Leaks unbounded-collection, 1 per round.
// A debounced function for every user, kept in a Map.

const _ = require('lodash');
const load = require('../load.cjs');

const savers = new Map();

function saverOf(user) { // leak
  if (!savers.has(user)) savers.set(user, _.debounce(() => load.text(user), 1));
  return savers.get(user);
}

exports.round = async (number) => {
  saverOf(`user-${number}@example.org`)();
  await new Promise((resolve) => setTimeout(resolve, 3));
};
