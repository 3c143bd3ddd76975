'use strict';
// Leaks async-context or promise-reactions, 1 per round.
// cls-hooked keeps the context of every request whose promise stays pending: each waits for a lock that is never released.

const { createNamespace } = require('cls-hooked');
const load = require('../load.cjs');

const namespace = createNamespace('request');
const lock = new Promise(() => {});

function handle(number) {
  return namespace.runPromise(async () => {
    namespace.set('user', { number, text: load.text(number) });
    await lock;
  });
}

exports.round = async (number) => void handle(number);
