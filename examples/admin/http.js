// node:http with the admin endpoint in it: LEAKSCAN_TOKEN=$(openssl rand -base64 24) node examples/admin/http.js
'use strict';

const http = require('node:http');
const { createAdmin } = require('leakscan/admin');

const admin = createAdmin({ token: process.env.LEAKSCAN_TOKEN });
const service = (request, response) => response.end(`hello ${request.url}`);
const server = http.createServer((request, response) => admin.handler(request, response, () => service(request, response)));

server.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}/leakscan/`));
