'use strict';
// What belongs to one call of asynchronous work, kept for longer, and not.

const { AsyncLocalStorage, AsyncResource, createHook } = require('node:async_hooks');
const net = require('node:net');
const { body, run } = require('./rounds.cjs');

const storage = new AsyncLocalStorage();

class RequestContext {
  constructor(number) {
    this.text = body(number);
  }
}

const subscribers = [];

function resource(number) {
  storage.run(new RequestContext(number), () => {
    subscribers.push(new AsyncResource('SUBSCRIBER')); // leak: resource
  });
}

const callbacks = new Set();

/** The function captures nothing. */
function bound(number) {
  storage.run(new RequestContext(number), () => {
    callbacks.add(AsyncLocalStorage.bind(() => 0)); // leak: bound
  });
}

const seen = new Map();

function hooked() {
  hooked.hook ??= createHook({
    init(id, type, trigger) { // leak: hook
      if (type === 'WORK') seen.set(id, { type, trigger, at: String(id) });
    },
  }).enable();
  new AsyncResource('WORK');
}

/** The namespace of cls-hooked loses a context when its resource is destroyed: those of a promise that is kept never are. */
const promises = [];
function cls(number) {
  cls.namespace ??= require('cls-hooked').createNamespace('requests');
  cls.namespace.run(() => {
    cls.namespace.set('text', body(number));
    promises.push(new Promise(() => {}));
  });
}

const pool = [];

async function healthy(number) {
  healthy.hook ??= createHook({
    init: (id, type) => void seen.set(id, { type, text: String(id) }),
    destroy: (id) => void seen.delete(id),
  }).enable();
  const context = new RequestContext(number);
  await storage.run(context, async () => {
    await new Promise(setImmediate);
    const resource = new AsyncResource('WORK', { requireManualDestroy: true });
    resource.emitDestroy();
    await new Promise((resolve) => setTimeout(resolve, 1));
  });
  // A pool at its bound, whose members keep the store of whoever made them.
  if (pool.length < 15) storage.run(context, () => pool.push(new AsyncResource('POOLED'), new net.Socket()));
  // One store for everything.
  storage.run(healthy, () => new AsyncResource('WORK').runInAsyncScope(() => number));
}

run({ resource, bound, hook: hooked, cls, healthy });
