'use strict';
// Leaks listeners, 1 per round.
// A request handler that watches the shared Redis client, against a server that speaks just enough of the protocol.

const net = require('node:net');
const Redis = require('ioredis');
const load = require('../load.cjs');

/** Answers every command with `+OK`. */
const server = net.createServer((socket) => {
  socket.on('data', (data) => {
    const commands = String(data).split('\r\n').filter((line) => /^\*\d+$/.test(line)).length;
    socket.write('+OK\r\n'.repeat(commands));
  });
  socket.on('error', () => {});
});
const client = load.listen(server).then((port) => {
  const redis = new Redis({ port, host: '127.0.0.1', enableReadyCheck: false, protocol: 2 });
  redis.setMaxListeners(0);
  return redis;
});

exports.round = async (number) => {
  const redis = await client;
  const answer = { number, text: load.text(number) };
  redis.on('error', (error) => { // leak
    answer.text = error.message;
  });
  await redis.set(`key:${number}`, 'value');
};
