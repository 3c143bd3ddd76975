'use strict';

// An HTTP gateway: every request goes on to the service behind it, and its answer comes back.
//   node examples/gateway/upstream.js &
//   node examples/gateway/dist/index.js [--fixed]

const http = require('node:http');

const service = process.argv.includes('--fixed') ? './apiProxy.service.fixed.js' : './apiProxy.service.js';
const { ApiProxyService } = require(service);

const server = http.createServer(async (request, response) => {
  try {
    const body = await ApiProxyService.proxy(request.url, request.method, request.headers);
    response.writeHead(200, { 'content-type': 'application/json' }).end(body);
  } catch (error) {
    response.writeHead(502, { 'content-type': 'text/plain' }).end(error.message);
  }
});

server.listen(Number(process.env.PORT ?? 8080), '127.0.0.1', () => {
  const { port } = server.address();
  console.log(`gateway on http://127.0.0.1:${port}`);
  // A parent process that started the gateway, if there is one, learns the port.
  process.send?.({ port });
});
