'use strict';
// Leaks listeners, 1 per round.
// The gateway of examples/, with the service behind it: a listener on `process` for every request it sends on.

const http = require('node:http');
const load = require('../load.cjs');

let port;
const ready = (async () => {
  const upstream = await load.listen((request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ url: request.url, text: load.text(1) }));
  });
  process.env.UPSTREAM_PORT = String(upstream);
  const { ApiProxyService } = require('../../../examples/gateway/dist/apiProxy.service.js');
  const gateway = http.createServer(async (request, response) => {
    response.end(await ApiProxyService.proxy(request.url, request.method, request.headers));
  });
  port = await load.listen(gateway);
})();

exports.round = async (number) => {
  await ready;
  await load.request(port, `/orders?page=${number}`);
};
