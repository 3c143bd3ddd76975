'use strict';
// Leaks listeners, 1 per round.
// A listener that is taken off by another function than was put on.

const { EventEmitter } = require('node:events');
const load = require('../load.cjs');

class Feed extends EventEmitter {}

const feed = new Feed();
feed.setMaxListeners(0);

class Reader {
  constructor(number) {
    this.seen = load.text(number);
  }

  read() {
    feed.on('item', this.onItem.bind(this));
    feed.emit('item', 'news');
    feed.off('item', this.onItem.bind(this));
  }

  onItem(item) { // leak
    this.seen = item;
  }
}

exports.round = async (number) => new Reader(number).read();
