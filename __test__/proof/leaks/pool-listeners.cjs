'use strict';
// Leaks listeners, 1 per round.
// Connections of a pool get another listener every time somebody takes them.

const { EventEmitter } = require('node:events');
const pools = require('generic-pool');
const load = require('../load.cjs');

class Connection extends EventEmitter {
  async query(text) {
    return text.length;
  }
}

const pool = pools.createPool(
  { create: async () => new Connection().setMaxListeners(0), destroy: async () => {} },
  { min: 4, max: 4, fifo: true },
);

exports.round = async (number) => {
  const connection = await pool.acquire();
  const request = { number, text: load.text(number) };
  connection.on('error', (error) => (request.error = error)); // leak
  await connection.query(request.text);
  await pool.release(connection);
};
