'use strict';
// Healthy.
// Express with sessions in a store that keeps the last fifty.

const express = require('express');
const session = require('express-session');
const { LRUCache } = require('lru-cache');
const load = require('../load.cjs');

class BoundedStore extends session.Store {
  #sessions = new LRUCache({ max: 50 });

  get(id, done) {
    const text = this.#sessions.get(id);
    setImmediate(done, null, text ? JSON.parse(text) : null);
  }

  set(id, data, done) {
    this.#sessions.set(id, JSON.stringify(data));
    setImmediate(done);
  }

  destroy(id, done) {
    this.#sessions.delete(id);
    setImmediate(done);
  }
}

const app = express();
app.use(session({ secret: 'secret', store: new BoundedStore(), resave: false, saveUninitialized: true }));
app.get('/', (request, response) => {
  request.session.basket = load.text(1);
  response.send('ok');
});
const listening = load.listen(app);

exports.round = async () => load.request(await listening, '/');
