'use strict';
// Leaks module-cache, 1 per round, less 1.
// Express with settings that are loaded again for every request.

const express = require('express');
const load = require('../load.cjs');

const settings = require.resolve('./reload/settings.cjs');

const app = express();
app.get('/', (request, response) => {
  delete require.cache[settings];
  const { rules } = require(settings);
  response.json(rules.length);
});
const listening = load.listen(app);

exports.round = async () => load.request(await listening, '/');
