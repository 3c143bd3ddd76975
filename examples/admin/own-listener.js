// The admin endpoint beside a service, on a port of its own: LEAKSCAN_TOKEN=$(openssl rand -base64 24) node examples/admin/own-listener.js
'use strict';

const http = require('node:http');
const { createAdmin } = require('leakscan/admin');

const admin = createAdmin({ token: process.env.LEAKSCAN_TOKEN });
admin.listen({ port: Number(process.env.ADMIN_PORT ?? 9464) }).then(({ url }) => console.log(url));

http.createServer((request, response) => response.end(`hello ${request.url}`)).listen(Number(process.env.PORT ?? 3000), '127.0.0.1');
