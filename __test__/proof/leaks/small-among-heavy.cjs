'use strict';
// Leaks unbounded-collection, 1 per round.
// A Set of addresses, among caches, buffers and queues that come and go.

const express = require('express');
const { LRUCache } = require('lru-cache');
const load = require('../load.cjs');

const pages = new LRUCache({ max: 30 });
const recent = [];
const seen = new Set();

const app = express();
app.use((request, response, next) => { // leak
  seen.add(`client ${request.headers['x-client']}`);
  next();
});
app.get('/:id', (request, response) => {
  const body = load.text(request.params.id, 50_000);
  pages.set(request.url, { body, at: Date.now(), buffer: Buffer.from(body) });
  recent.push({ url: request.url, parts: body.split(' ').slice(0, 500) });
  if (recent.length > 20) recent.shift();
  response.send(body);
});
const listening = load.listen(app);

exports.round = async (number) => load.request(await listening, `/${number}`, { headers: { 'x-client': `c${number}` } });
