'use strict';
// Four leaks, a cache that fills to its bound in the first stretch, and a queue that is emptied now and then.

const { EventEmitter } = require('node:events');

class Session {
  constructor(number) {
    this.user = ['user', number].join(' ');
    this.body = Buffer.alloc(300, number).toString('latin1');
  }
}

const bus = new EventEmitter().setMaxListeners(0);
const sessions = new Map();
const lines = [];
const recent = new Map();
const queue = [];
const RECENT = 12;

exports.bus = bus;

function remember(key, value) {
  recent.set(key, value);
  if (recent.size > RECENT) recent.delete(recent.keys().next().value);
}

exports.round = (number) => {
  sessions.set(['session', number].join('-'), new Session(number));
  lines.push({ at: number, text: ['line', number].join(' ') }, { at: number, text: ['more', number].join(' ') });
  bus.on('tick', function onTick() {
    return number;
  });
  setInterval(function poll() {
    return number;
  }, 60_000);
  remember(['key', number].join('-'), { value: ['value', number].join(' ') });
  queue.push({ job: ['job', number].join(' '), data: Buffer.alloc(9_000, number).toString('latin1') });
};

exports.rest = (stretch) => {
  if (stretch >= 2) queue.length = 1;
};
