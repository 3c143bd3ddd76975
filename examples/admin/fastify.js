// Fastify with the admin endpoint in it: LEAKSCAN_TOKEN=$(openssl rand -base64 24) node examples/admin/fastify.js
'use strict';

const fastify = require('fastify');
const { createAdmin } = require('leakscan/admin');

const admin = createAdmin({ token: process.env.LEAKSCAN_TOKEN });
const app = fastify();
app.register(admin.fastify);
app.get('/*', async (request) => `hello ${request.url}`);

app.listen({ port: Number(process.env.PORT ?? 3000), host: '127.0.0.1' }).then((address) => console.log(`${address}/leakscan/`));
