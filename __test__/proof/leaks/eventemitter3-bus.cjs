'use strict';
// Leaks listeners, 2 per round.
// Widgets subscribe to a bus of eventemitter3, twice each.

const EventEmitter = require('eventemitter3');
const load = require('../load.cjs');

const bus = new EventEmitter();

class Widget {
  constructor(number) {
    this.state = load.text(number);
    bus.on('price', this.update.bind(this));
    bus.on('price', this.update.bind(this));
  }

  update(price) { // leak
    this.state = price;
  }
}

exports.round = async (number) => void new Widget(number);
