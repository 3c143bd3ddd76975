'use strict';
// The same server, whose cache is bounded: the entry used longest ago makes room.

const { randomUUID } = require('node:crypto');
const http = require('node:http');

const LIMIT = 20;

function readDataFromDataBase() {
  const cache = new Map();
  return function (key) {
    let data = cache.get(key);
    if (data) cache.delete(key);
    else data = new Array(1000).fill('xxxx');
    cache.set(key, data);
    if (cache.size > LIMIT) cache.delete(cache.keys().next().value);
    return data;
  };
}

const database = readDataFromDataBase();
const server = http.createServer((req, res) => {
  let key = randomUUID();
  let data = database(key);
  res.end(JSON.stringify({ data }));
});
const listening = new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));

exports.round = async () => {
  await listening;
  const response = await fetch(`http://127.0.0.1:${server.address().port}/`);
  await response.text();
};
