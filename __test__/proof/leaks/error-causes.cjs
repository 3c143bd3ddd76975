'use strict';
// Leaks unbounded-collection or dominator, 1 per round.
// The last error is the cause of the next, for ever.

const load = require('../load.cjs');

class JobError extends Error {
  constructor(text, cause) { // leak
    super('job failed', { cause });
    this.text = text;
  }
}

let last = null;

function fail(number) { // leak
  last = new JobError(load.text(number), last);
}

exports.round = async (number) => fail(number);
