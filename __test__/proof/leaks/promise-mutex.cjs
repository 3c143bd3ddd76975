'use strict';
// Leaks promise-reactions, 1 per round.
// A lock as a chain of promises: the first who had it never gave it back.

const load = require('../load.cjs');

class Mutex {
  tail = new Promise((release) => (this.release = release));

  run(job) {
    const done = this.tail.then(job);
    this.tail = done.catch(() => {});
    return done;
  }
}

const lock = new Mutex();

exports.round = async (number) => {
  const text = load.text(number);
  lock.run(() => text.length); // leak
};
