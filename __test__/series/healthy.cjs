'use strict';
// A server under load, with a cache at its bound, a ring buffer, and modules that are loaded when first needed.

const http = require('node:http');

const cache = new Map();
const CACHED = 10;
const ring = new Array(8);
const lazy = ['node:zlib', 'node:dns', 'node:tls', 'node:readline', 'node:crypto', 'node:child_process', 'node:http2'];
const loaded = {};

const server = http.createServer((req, res) => {
  const key = req.url;
  const data = cache.get(key) ?? { body: `answer to ${key}` };
  cache.delete(key);
  cache.set(key, data);
  if (cache.size > CACHED) cache.delete(cache.keys().next().value);
  res.end(data.body);
});
const listening = new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const agent = new http.Agent({ keepAlive: true, maxSockets: 2 });

const get = (path) =>
  new Promise((resolve, reject) => {
    const { port } = server.address();
    http
      .get({ port, path, agent, host: '127.0.0.1' }, (response) => response.resume().on('end', resolve))
      .on('error', reject);
  });

exports.round = async (number) => {
  await listening;
  await get(`/${number % 25}`);
  ring[number % ring.length] = { at: number, text: `request ${number}` };
  const name = lazy[number % 10];
  if (name) loaded[name] = require(name);
};

exports.rest = () => new Promise((resolve) => setTimeout(resolve, 20));
