'use strict';
// Leaks timers or unbounded-collection, 1 per round.
// A pool for every tenant, each with its evictor.

const { createPool } = require('generic-pool');
const load = require('../load.cjs');

exports.round = async (number) => {
  const pool = createPool(
    { create: async () => ({ number, text: load.text(number) }), destroy: async () => {} },
    { max: 2, evictionRunIntervalMillis: 200, idleTimeoutMillis: 3_600_000 },
  );
  const connection = await pool.acquire();
  await pool.release(connection);
};
