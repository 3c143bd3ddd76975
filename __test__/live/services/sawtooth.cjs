'use strict';
// Healthy: events are gathered, and sent on when there are many.

const http = require('node:http');
const load = require('../../proof/load.cjs');

let events = [];

const listening = load.listen(
  http.createServer((request, response) => {
    events.push({ at: Date.now(), url: request.url, text: load.text(request.url, 100_000) });
    if (events.length === 30) events = [];
    response.end('gathered');
  }),
);

exports.round = async (number) => load.request(await listening, `/event/${number}`);
