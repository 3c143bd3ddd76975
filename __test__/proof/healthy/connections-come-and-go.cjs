'use strict';
// Healthy.
// Sockets, files, servers, child objects and timers that are made and closed in every round.

const fs = require('node:fs');
const net = require('node:net');
const { once } = require('node:events');
const load = require('../load.cjs');

const open = new Set();
const server = net.createServer((socket) => {
  open.add(socket);
  socket.setTimeout(10_000);
  socket.on('close', () => open.delete(socket));
  socket.on('data', (data) => socket.end(data));
});
const listening = load.listen(server);

exports.round = async (number) => {
  const socket = net.connect(await listening, '127.0.0.1');
  const interval = setInterval(() => {}, 1000);
  socket.write(load.text(number));
  socket.resume();
  await once(socket, 'close');
  clearInterval(interval);
  const file = fs.createReadStream(__filename);
  for await (const chunk of file) if (chunk.length === 0) break;
  const other = net.createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  other.close();
  await once(other, 'close');
};
