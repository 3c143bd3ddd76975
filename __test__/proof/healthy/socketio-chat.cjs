'use strict';
// Healthy.
// A Socket.IO service whose clients join rooms, and leave.

const { once } = require('node:events');
const http = require('node:http');
const { Server } = require('socket.io');
const { io } = require('socket.io-client');
const load = require('../load.cjs');

const server = http.createServer();
const sockets = new Server(server);
sockets.on('connection', (socket) => {
  socket.data.greeting = load.text(1);
  socket.on('join', (room, done) => {
    socket.join(room);
    sockets.to(room).emit('news', socket.id);
    done(room);
  });
});
const listening = load.listen(server);

exports.round = async (number) => {
  const client = io(`http://127.0.0.1:${await listening}`, { transports: ['websocket'], reconnection: false, forceNew: true });
  await once(client, 'connect');
  await client.emitWithAck('join', `room ${number}`);
  client.disconnect();
};
