'use strict';
// Leaks unbounded-collection, 1 per round.
// An emitter per request is added to the one domain of the process.

const domain = require('node:domain');
const { EventEmitter } = require('node:events');
const load = require('../load.cjs');

const guard = domain.create();
guard.on('error', () => {});

class Job extends EventEmitter {
  text = '';
}

exports.round = async (number) => {
  const job = new Job();
  job.text = load.text(number);
  guard.add(job);
};
