'use strict';
// Leaks listeners, 1 per round.
// A chat over ws: every connection subscribes to the hub, none unsubscribes when it closes.

const { once, EventEmitter } = require('node:events');
const http = require('node:http');
const { WebSocket, WebSocketServer } = require('ws');
const load = require('../load.cjs');

const hub = new EventEmitter().setMaxListeners(0);
const server = http.createServer();
const sockets = new WebSocketServer({ server });
sockets.on('connection', (socket, request) => {
  const user = { name: request.url, greeting: load.text(1) };
  hub.on('message', (text) => { // leak
    if (socket.readyState === WebSocket.OPEN) socket.send(`${user.name}: ${text}`);
  });
  socket.on('message', (data) => hub.emit('message', String(data)));
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
