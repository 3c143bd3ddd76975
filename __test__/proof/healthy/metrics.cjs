'use strict';
// Healthy.
// Metrics with few labels, a histogram, and the default ones.

const client = require('prom-client');
const express = require('express');
const load = require('../load.cjs');

const registry = new client.Registry();
client.collectDefaultMetrics({ register: registry });
const duration = new client.Histogram({ name: 'duration', help: 'Duration', labelNames: ['route', 'status'], registers: [registry] });
const app = express();
app.get('/users/:id', (request, response) => {
  const end = duration.startTimer({ route: '/users/:id' });
  response.send(load.text(request.params.id));
  end({ status: request.params.id % 10 === 0 ? 404 : 200 });
});
app.get('/metrics', async (request, response) => response.send(await registry.metrics()));
const listening = load.listen(app);

exports.round = async (number) => {
  const port = await listening;
  await load.request(port, `/users/${number}`);
  await load.request(port, '/metrics');
};
