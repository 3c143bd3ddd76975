'use strict';
// Leaks unbounded-collection, 1 per round.
// Ten users, each with a list of messages that only grows.

const load = require('../load.cjs');

const inbox = new Map(Array.from({ length: 10 }, (_, user) => [`user-${user}`, []]));

function deliver(user, message) { // leak
  inbox.get(user).push(message);
}

exports.round = async (number) => deliver(`user-${number % 10}`, { number, text: load.text(number, 500) });
