'use strict';
// Leaks listeners, 1 per round.
// Each request listens to its connection's end; the connection is kept alive and has many requests.

const http = require('node:http');
const load = require('../load.cjs');

const server = http.createServer((request, response) => {
  const job = { url: request.url, text: load.text(request.url) };
  request.socket.setMaxListeners(0).on('close', () => { // leak
    job.text = '';
  });
  response.end(job.text);
});
server.keepAliveTimeout = 60_000;
const listening = load.listen(server);

exports.round = async (number) => load.request(await listening, `/${number}`);
