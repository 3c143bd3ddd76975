'use strict';
// Leaks unbounded-collection, 1 per round.
// A metric labelled with the whole URL.

const { Counter, Registry } = require('prom-client');

const registry = new Registry();
const requests = new Counter({ name: 'http_requests_total', help: 'Requests', labelNames: ['method', 'path'], registers: [registry] });

exports.round = async (number) => requests.inc({ method: 'GET', path: `/users/${number}/orders/${number * 7}` });
