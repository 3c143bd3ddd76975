'use strict';
// Healthy.
// ioredis with pipelines, against a server that speaks just enough of the protocol; a rate limiter that is shared.

const net = require('node:net');
const Bottleneck = require('bottleneck');
const Redis = require('ioredis');
const load = require('../load.cjs');

const server = net.createServer((socket) => {
  socket.on('data', (data) => {
    const commands = String(data).split('\r\n').filter((line) => /^\*\d+$/.test(line)).length;
    socket.write('+OK\r\n'.repeat(commands));
  });
  socket.on('error', () => {});
});
const client = load.listen(server).then((port) => new Redis({ port, host: '127.0.0.1', enableReadyCheck: false, protocol: 2 }));
const limiter = new Bottleneck({ maxConcurrent: 4 });

exports.round = async (number) => {
  const redis = await client;
  await limiter.schedule(() => redis.set(`key:${number}`, 'value'));
  await redis.pipeline().set('a', number).set('b', number).exec();
};
