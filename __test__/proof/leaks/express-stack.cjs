'use strict';
// Leaks unbounded-collection, 1 per round, and 1 that is no leak.
// A route that installs middleware whenever it is asked for.

const express = require('express');
const load = require('../load.cjs');

const app = express();
app.get('/tenant/:id', (request, response) => {
  const settings = { id: request.params.id, text: load.text(request.params.id) };
  app.use(`/tenant/${settings.id}/files`, (_request, answer) => answer.send(settings.text));
  response.end();
});
const listening = load.listen(app);

exports.round = async (number) => load.request(await listening, `/tenant/${number}`);
