'use strict';
// Leaks listeners, 1 per round.
// A gateway listens to its one proxy anew with every request.

const http = require('node:http');
const httpProxy = require('http-proxy');
const load = require('../load.cjs');

const backend = load.listen(http.createServer((request, response) => response.end(load.text(request.url, 300))));
const proxy = httpProxy.createProxyServer({});
const gateway = load.listen(async (request, response) => {
  const log = { url: request.url, text: load.text(request.url) };
  proxy.on('proxyRes', (answer) => (log.status = answer.statusCode)); // leak
  proxy.web(request, response, { target: `http://127.0.0.1:${await backend}` });
});

exports.round = async (number) => load.request(await gateway, `/${number}`);
