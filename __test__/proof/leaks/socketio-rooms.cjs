'use strict';
// Leaks listeners, 1 per round.
// A Socket.IO service whose connections listen to a shared ticker, and go.

const { once, EventEmitter } = require('node:events');
const http = require('node:http');
const { Server } = require('socket.io');
const { io } = require('socket.io-client');
const load = require('../load.cjs');

const ticker = new EventEmitter();
ticker.setMaxListeners(Infinity);
const server = http.createServer();
const sockets = new Server(server);
sockets.on('connection', (socket) => {
  const session = { id: socket.id, history: [load.text(1)] };
  ticker.on('tick', function onTick(price) { // leak
    session.history.push(price);
    socket.emit('tick', price);
  });
  socket.on('subscribe', (_topic, done) => done('ok'));
});
const listening = load.listen(server);

exports.round = async () => {
  const client = io(`http://127.0.0.1:${await listening}`, { transports: ['websocket'], reconnection: false, forceNew: true });
  await once(client, 'connect');
  await client.emitWithAck('subscribe', 'prices');
  client.disconnect();
};
