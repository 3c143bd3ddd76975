'use strict';
// Healthy.
// A pool of connections that opens them as load comes, up to its limit.

const net = require('node:net');
const { once } = require('node:events');
const { createPool } = require('generic-pool');
const load = require('../load.cjs');

const server = net.createServer((socket) => socket.pipe(socket));
const listening = load.listen(server);
const pool = createPool(
  {
    create: async () => {
      const socket = net.connect(await listening, '127.0.0.1');
      await once(socket, 'connect');
      return socket;
    },
    destroy: async (socket) => void socket.destroy(),
  },
  { max: 12, min: 1 },
);

async function query(text) {
  const socket = await pool.acquire();
  socket.write(text);
  await once(socket, 'data');
  await pool.release(socket);
}

exports.round = async (number) => {
  // The load grows; the pool with it.
  const clients = 1 + Math.min(Math.floor(number / 10), 16);
  await Promise.all(Array.from({ length: clients }, (_, client) => query(`select ${number} ${client}`)));
};
