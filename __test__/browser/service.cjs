'use strict';

// A service that leaks on request, with the admin endpoint: listeners, timers and entries of a Map. Its parent tells it to
// work, and hears where the endpoint is.

const EventEmitter = require('node:events');
const { createAdmin } = require('../../admin.js');

const TOKEN = 'a-token-for-tests-only';

class Session {
  constructor(id) {
    this.id = id;
    this.secret = `secret of session ${id}, which nobody may read: ${'x'.repeat(200)}`;
  }
}

const bus = new EventEmitter();
const sessions = new Map();

function work(count) {
  for (let i = 0; i < count; i++) {
    const session = new Session(sessions.size);
    sessions.set(`key-${sessions.size}-of-a-customer`, session);
    bus.on('order', function onOrder() {
      return session;
    });
    setTimeout(function expire() {
      sessions.delete(session.id);
    }, 3_600_000).unref();
  }
}

module.exports = { bus, sessions };

process.on('message', ({ work: count }) => {
  work(count);
  process.send({ worked: count });
});
process.on('disconnect', () => process.exit());

// Short times: a curve within seconds.
const admin = createAdmin({ token: TOKEN, cooldown: 0, allowDownload: true, watch: { interval: 200, warmUp: 1, minDuration: 60_000 } });
work(50);
admin.listen().then(({ url }) => process.send({ url, token: TOKEN, ticket: admin.ticket().ticket }));
