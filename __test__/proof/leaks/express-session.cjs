'use strict';
// Leaks unbounded-collection, 1 per round.
// express-session with its MemoryStore, and clients that send no cookie back.

const express = require('express');
const session = require('express-session');
const load = require('../load.cjs');

const app = express();
app.use(session({ secret: 'secret', resave: false, saveUninitialized: true }));
app.get('/', (request, response) => {
  request.session.basket = load.text(1);
  response.send('ok');
});
const listening = load.listen(app);

exports.round = async () => load.request(await listening, '/');
