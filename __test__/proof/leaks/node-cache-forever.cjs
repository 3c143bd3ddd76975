'use strict';
// Leaks unbounded-collection, 1 per round.
// node-cache without a time to live behind Fastify, keyed by the whole query.

const fastify = require('fastify');
const NodeCache = require('node-cache');
const load = require('../load.cjs');

const cache = new NodeCache({ useClones: false });
const app = fastify();
app.get('/search', async (request) => {
  const key = JSON.stringify(request.query);
  if (!cache.has(key)) cache.set(key, { key, results: load.text(key) });
  return cache.get(key);
});
const listening = app.listen({ port: 0, host: '127.0.0.1' }).then(() => app.server.address().port);

exports.round = async (number) => load.request(await listening, `/search?q=word${number}&page=1`);
