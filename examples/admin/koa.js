// Koa with the admin endpoint in it: LEAKSCAN_TOKEN=$(openssl rand -base64 24) node examples/admin/koa.js
'use strict';

const Koa = require('koa');
const { createAdmin } = require('leakscan/admin');

const admin = createAdmin({ token: process.env.LEAKSCAN_TOKEN });
const app = new Koa();
app.use(admin.koa());
app.use((context) => (context.body = `hello ${context.url}`));

const server = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}/leakscan/`));
