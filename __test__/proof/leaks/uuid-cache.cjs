'use strict';
// Leaks unbounded-collection, 1 per round.
// An HTTP server that reads a database through a cache whose keys never come again.

const { randomUUID } = require('node:crypto');
const http = require('node:http');
const load = require('../load.cjs');

function readDataFromDataBase() {
  let cache = {};
  return function (key) { // leak
    if (cache[key]) {
      return cache[key];
    }

    let data = new Array(1000).fill('xxxx');
    cache[key] = data;
    return data;
  };
}

const database = readDataFromDataBase();

const server = http.createServer((req, res) => {
  let key = randomUUID();
  let data = database(key);
  res.end(JSON.stringify({ data: data }));
});
const listening = load.listen(server);

exports.round = async () => load.request(await listening, '/');
