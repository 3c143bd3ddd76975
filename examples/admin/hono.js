// Hono with the admin endpoint in it: LEAKSCAN_TOKEN=$(openssl rand -base64 24) node examples/admin/hono.js
'use strict';

const { serve } = require('@hono/node-server');
const { Hono } = require('hono');
const { createAdmin } = require('leakscan/admin');

const admin = createAdmin({ token: process.env.LEAKSCAN_TOKEN });
const app = new Hono();
app.all('/leakscan/*', (context) => admin.fetch(context.req.raw));
app.get('*', (context) => context.text(`hello ${context.req.path}`));

serve({ fetch: app.fetch, port: Number(process.env.PORT ?? 3000), hostname: '127.0.0.1' }, ({ port }) => console.log(`http://127.0.0.1:${port}/leakscan/`));
