'use strict';
// Leaks listeners, 1 per round.
// A class with private fields whose objects listen with an arrow function of their own.

const { EventEmitter } = require('node:events');
const load = require('../load.cjs');

const bus = new EventEmitter();
bus.setMaxListeners(0);

class Session {
  #user;
  #history = [];
  #onExpire = (id) => { // leak
    if (id === this.#user) this.#history.length = 0;
  };

  constructor(user) {
    this.#user = user;
    this.#history.push(load.text(user));
    bus.on('expire', this.#onExpire);
  }

  get size() {
    return this.#history.length;
  }
}

exports.round = async (number) => new Session(number).size;
