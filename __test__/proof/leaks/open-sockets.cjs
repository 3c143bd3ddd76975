'use strict';
// Leaks handles, 1 per round.
// Connections that neither side closes: two sockets each, of which that of the server is told beside the other.

const net = require('node:net');
const { once } = require('node:events');
const load = require('../load.cjs');

const server = net.createServer((socket) => socket.write('welcome'));
const listening = load.listen(server);

exports.round = async () => {
  const socket = net.connect(await listening, '127.0.0.1');
  await once(socket, 'data');
};
