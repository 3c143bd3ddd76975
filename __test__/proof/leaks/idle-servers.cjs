'use strict';
// Leaks handles, 1 per round.
// A server for every test, never closed.

const http = require('node:http');
const load = require('../load.cjs');

exports.round = async () => {
  const server = http.createServer((request, response) => response.end()); // leak
  await load.listen(server);
};
