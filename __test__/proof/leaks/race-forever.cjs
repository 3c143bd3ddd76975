'use strict';
// Leaks promise-reactions, 1 per round.
// Every request races against the end of the process.

const express = require('express');
const load = require('../load.cjs');

const shutdown = new Promise((resolve) => process.once('SIGTERM', resolve));

const app = express();
app.get('/:id', async (request, response) => {
  const document = Promise.resolve({ id: request.params.id, text: load.text(request.params.id) });
  const winner = await Promise.race([document, shutdown]);
  response.send(winner.text);
});
const listening = load.listen(app);

exports.round = async (number) => load.request(await listening, `/${number}`);
