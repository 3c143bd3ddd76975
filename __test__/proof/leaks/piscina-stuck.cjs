'use strict';
// Leaks stream-backlog or unbounded-collection or promise-reactions, 1 per round, less 1.
// A pool of one thread whose first job hangs: all others wait for it.

const { Piscina } = require('piscina');
const load = require('../load.cjs');

const filename = require.resolve('../job.cjs');
const pool = new Piscina({ filename, minThreads: 1, maxThreads: 1, concurrentTasksPerWorker: 1 });

exports.round = async (number) => {
  pool.run({ hangs: true, text: load.text(number) }).catch(() => {});
};
