'use strict';
// Leaks listeners or unbounded-collection, 1 per round.
// A listener per user with a name of its own in a tree of wildcards; users go, their branches stay.

const { EventEmitter2 } = require('eventemitter2');
const load = require('../load.cjs');

const bus = new EventEmitter2({ wildcard: true });

exports.round = async (number) => {
  const user = { number, text: load.text(number) };
  bus.on(`user.${number}.*`, () => user.text); // leak
  bus.emit(`user.${number}.seen`);
};
