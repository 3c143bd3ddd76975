'use strict';
// Leaks unbounded-collection or promise-reactions, 1 per round.
// Calls that wait for an answer by their number, and get none.

const { EventEmitter } = require('node:events');
const load = require('../load.cjs');

class Client extends EventEmitter {
  constructor() { // leak
    super();
    this.pending = new Map();
    this.next = 0;
  }

  call(method, parameters) { // leak
    const id = ++this.next;
    return new Promise((resolve, reject) => {
      this.pending.set(id, { method, parameters, resolve, reject });
    });
  }
}

const client = new Client();

exports.round = async (number) => void client.call('get', { number, text: load.text(number) });
