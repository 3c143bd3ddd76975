'use strict';
// Leaks listeners, 1 per round.
// A reply is waited for under a name of its own, and some never come: no event has many listeners, so that Node does not warn.

const { EventEmitter } = require('node:events');
const load = require('../load.cjs');

const bus = new EventEmitter();

exports.round = (number) => {
  const request = { number, text: load.text(number) };
  bus.once(`reply:${number}`, (reply) => { // leak
    request.reply = reply;
  });
};
