'use strict';
// An HTTP server that caches what it reads by a key that never comes again.

const { randomUUID } = require('node:crypto');
const http = require('node:http');

function readDataFromDataBase() {
  let cache = {};
  return function (key) {
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
  res.end(JSON.stringify({ data }));
});
const listening = new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));

exports.round = async () => {
  await listening;
  const response = await fetch(`http://127.0.0.1:${server.address().port}/`);
  await response.text();
};
