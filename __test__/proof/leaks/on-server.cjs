'use strict';
// Leaks unbounded-collection, 1 per round.
// Visits are kept on the server object itself.

const http = require('node:http');
const load = require('../load.cjs');

const server = http.createServer((request, response) => {
  server.visits.push({ url: request.url, text: load.text(request.url) });
  response.end();
});
server.visits = [];
const listening = load.listen(server);

exports.round = async (number) => load.request(await listening, `/${number}`);
