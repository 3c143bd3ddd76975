'use strict';
// Leaks stale-keys, 1 per round.
// Express with sessions of its own in a class; logging out sets the session to undefined.

const { randomUUID } = require('node:crypto');
const express = require('express');
const load = require('../load.cjs');

class Sessions {
  constructor() {
    this.byId = {};
  }

  create(user) {
    const id = randomUUID();
    this.byId[id] = { user, basket: load.text(user) }; // leak
    return id;
  }

  destroy(id) {
    this.byId[id] = undefined;
  }
}

const sessions = new Sessions();
const app = express();
app.post('/login/:user', (request, response) => response.send(sessions.create(request.params.user)));
app.post('/logout/:id', (request, response) => {
  sessions.destroy(request.params.id);
  response.end();
});
const listening = load.listen(app);

exports.round = async (number) => {
  const port = await listening;
  const { text } = await load.request(port, `/login/${number}`, { method: 'POST' });
  await load.request(port, `/logout/${text}`, { method: 'POST' });
};
