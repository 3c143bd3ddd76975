'use strict';
// Leaks unbounded-collection, 1 per round.
// A cache in the locals of an Express application.

const express = require('express');
const load = require('../load.cjs');

const app = express();
app.locals.cache = {};
app.get('/search', (request, response) => {
  const { cache } = request.app.locals;
  const key = request.url;
  cache[key] ??= { results: load.text(key) };
  response.json(cache[key]);
});
const listening = load.listen(app);

exports.round = async (number) => load.request(await listening, `/search?q=${number}&page=2`);
