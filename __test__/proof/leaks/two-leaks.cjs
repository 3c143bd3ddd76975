'use strict';
// Leaks listeners, 1 per round.
// One leak by a listener that keeps a lot; the session that it keeps has lists of its own, which are no leaks of their own.

const { EventEmitter } = require('node:events');
const load = require('../load.cjs');

const bus = new EventEmitter().setMaxListeners(0);

class Session {
  constructor(number) {
    this.messages = Array.from({ length: 20 }, (_, at) => ({ at, text: `${number}:${at}` }));
    this.byId = new Map(this.messages.map((message) => [`${number}-${message.at}`, message]));
    this.timer = setTimeout(() => {}, 1);
    bus.on('flush', () => this.byId.clear()); // leak
  }
}

exports.round = async (number) => {
  new Session(number);
  load.text(number);
  await new Promise((resolve) => setTimeout(resolve, 2));
};
