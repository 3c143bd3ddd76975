'use strict';

// A service that leaks on request, with the admin endpoint: listeners, timers and entries of a Map. Its parent tells it to
// work, and hears where the endpoint is.

const EventEmitter = require('node:events');
const { existsSync } = require('node:fs');
const v8 = require('node:v8');
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

const { availableMemory } = process;
const WISHES = {
  work,
  /** The next capture stands still until there is this file. */
  hold(file) {
    const { getHeapSnapshot } = v8;
    v8.getHeapSnapshot = () => {
      v8.getHeapSnapshot = getHeapSnapshot;
      while (!existsSync(file)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
      return getHeapSnapshot();
    };
  },
  /** As if there were so much memory left. */
  available: (bytes) => (process.availableMemory = bytes === null ? availableMemory : () => bytes),
};
process.on('message', (wishes) => {
  for (const [wish, value] of Object.entries(wishes)) WISHES[wish](value);
  process.send({ done: wishes });
});
process.on('disconnect', () => process.exit());

// Short times: a curve within seconds.
const admin = createAdmin({ token: TOKEN, cooldown: 0, allowDownload: true, watch: { interval: 200, warmUp: 1, minDuration: 60_000 } });
// Another, that rests for long after each capture.
const resting = createAdmin({ token: TOKEN, cooldown: 3_600_000 });
work(50);
Promise.all([admin.listen(), resting.listen()]).then(([{ url }, { url: restingUrl }]) => process.send({ url, restingUrl, token: TOKEN, ticket: admin.ticket().ticket }));
