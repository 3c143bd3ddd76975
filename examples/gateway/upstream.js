'use strict';

// The service behind the gateway: answers every request with about 8 kB of JSON that no other request gets.

const http = require('node:http');

/** Length of an answer in characters, give or take one order. */
const BODY_LENGTH = 8_000;

let served = 0;

function orders(path) {
  served += 1;
  const answer = { request: served, path, orders: [] };
  for (let length = 0; length < BODY_LENGTH; ) {
    const order = { id: `${served}-${answer.orders.length}`, customer: `customer ${served % 97}`, total: length * 1.25 };
    answer.orders.push(order);
    length += JSON.stringify(order).length + 1;
  }
  return JSON.stringify(answer);
}

/** Starts the service and resolves with its server; port 0 takes a free one. */
function startUpstream(port) {
  const server = http.createServer((request, response) => {
    request.resume();
    response.writeHead(200, { 'content-type': 'application/json' }).end(orders(request.url));
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}

module.exports = { startUpstream };

if (require.main === module) startUpstream(Number(process.env.UPSTREAM_PORT ?? 8081));
