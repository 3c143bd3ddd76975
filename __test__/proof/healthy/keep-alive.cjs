'use strict';
// Healthy.
// A gateway with a keep-alive agent, undici and fetch, under load from several clients at a time.

const http = require('node:http');
const { request } = require('undici');
const load = require('../load.cjs');

const agent = new http.Agent({ keepAlive: true, maxSockets: 8 });
const upstream = load.listen((_request, response) => response.end(JSON.stringify({ text: load.text(1) })));
const gateway = load.listen(async (incoming, response) => {
  const port = await upstream;
  const sent = http.get({ agent, host: '127.0.0.1', port, path: incoming.url }, (answer) => answer.pipe(response));
  sent.on('error', () => response.destroy());
});

exports.round = async (number) => {
  const port = await gateway;
  await Promise.all(Array.from({ length: 5 }, (_, client) => load.request(port, `/${number}/${client}`)));
  const { body } = await request(`http://127.0.0.1:${port}/`);
  await body.text();
  const response = await fetch(`http://127.0.0.1:${port}/`);
  await response.text();
};
