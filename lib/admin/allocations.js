// @ts-check
'use strict';

/** Samplings of allocations that somebody asks for from outside. */

const { LeakscanError } = require('../errors.js');
const { sampleAllocations } = require('../live/allocations.js');
const { Jobs } = require('./jobs.js');

class Allocations {
  jobs = new Jobs();
  #isBusy = false;

  /** @param {{ seconds: number, limit: number }} wanted */
  start({ seconds, limit }) {
    if (this.#isBusy) throw new LeakscanError('ERR_LEAKSCAN_BUSY', 'allocations are being sampled already: wait for the result, or use it');
    this.#isBusy = true;
    return this.jobs.start({ kind: 'allocations', seconds }, async (job) => {
      try {
        job.update('sampling');
        const profile = await sampleAllocations({ duration: seconds * 1000, limit, signal: job.signal });
        return { profile };
      } finally {
        this.#isBusy = false;
      }
    });
  }

  close() {
    this.jobs.close();
  }
}

module.exports = { Allocations };
