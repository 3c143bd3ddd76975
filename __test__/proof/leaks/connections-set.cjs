'use strict';
// Leaks unbounded-collection or handles, 1 per round.
// A server that remembers its sockets, also when they have closed.

const net = require('node:net');
const { once } = require('node:events');
const load = require('../load.cjs');

const connections = new Set();
const server = net.createServer((socket) => { // leak
  connections.add(socket);
  socket.end('bye');
});
const listening = load.listen(server);

exports.round = async () => {
  const socket = net.connect(await listening, '127.0.0.1');
  socket.resume();
  await once(socket, 'close');
};
