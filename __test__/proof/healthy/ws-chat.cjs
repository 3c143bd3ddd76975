'use strict';
// Healthy.
// A chat over ws whose clients come and go, and unsubscribe as they do.

const { once, EventEmitter } = require('node:events');
const http = require('node:http');
const { WebSocket, WebSocketServer } = require('ws');
const load = require('../load.cjs');

const hub = new EventEmitter();
const users = new Map();
const server = http.createServer();
const sockets = new WebSocketServer({ server });
sockets.on('connection', (socket, request) => {
  const say = (text) => socket.send(text);
  users.set(socket, { name: request.url, greeting: load.text(1) });
  hub.on('message', say);
  socket.on('message', (data) => hub.emit('message', String(data)));
  socket.once('close', () => {
    hub.off('message', say);
    users.delete(socket);
  });
});
const listening = load.listen(server);

exports.round = async (number) => {
  const client = new WebSocket(`ws://127.0.0.1:${await listening}/user${number}`);
  await once(client, 'open');
  client.send('hello');
  await once(client, 'message');
  client.close();
  await once(client, 'close');
};
