// Express with the admin endpoint in it: LEAKSCAN_TOKEN=$(openssl rand -base64 24) node examples/admin/express.js
'use strict';

const express = require('express');
const { createAdmin } = require('leakscan/admin');

const admin = createAdmin({ token: process.env.LEAKSCAN_TOKEN });
const app = express();
app.use(admin.express());
app.use(express.json());
app.get('/{*path}', (request, response) => response.send(`hello ${request.url}`));

const server = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}/leakscan/`));
