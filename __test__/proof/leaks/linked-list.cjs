'use strict';
// Leaks unbounded-collection or dominator, 1 per round, and 1 that is no leak.
// A history as a linked list whose head nobody cuts off.

const load = require('../load.cjs');

class Entry { // leak
  constructor(text) {
    this.text = text;
    this.next = null;
  }
}

class History {
  constructor() { // leak
    this.head = this.tail = new Entry('start');
  }

  add(text) {
    this.tail = this.tail.next = new Entry(text);
  }
}

const history = new History();

exports.round = async (number) => history.add(load.text(number, 500));
