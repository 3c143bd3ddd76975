'use strict';
// Leaks listeners, 1 per round.
// `once` for an event that does not come.

const net = require('node:net');
const load = require('../load.cjs');

const server = net.createServer().listen(0, '127.0.0.1');
server.setMaxListeners(0);

function handle(order) {
  server.once('close', () => order.items.splice(0)); // leak
  return order.items.length;
}

exports.round = async (number) => handle({ items: [load.text(number), number] });
