'use strict';
// Contexts of `vm` that are kept, and contexts that are not.

const vm = require('node:vm');
const { body, run } = require('./rounds.cjs');

// One that is made once and used again is no leak, nor part of one.
const shared = vm.createContext({ round: (value) => Math.round(value) });

/** A sandbox per request, in a cache. */
const sandboxes = new Map();
function sandbox(number) { // leak: sandbox
  const context = vm.createContext({ text: body(number) });
  vm.runInContext('var size = text.length; function price(n) { return n * size; }', context);
  sandboxes.set(`request ${number}`, context);
}

/** The sandbox itself is let go; a function from inside keeps it all. */
const rules = [];
function rule(number) { // leak: rule
  const made = vm.runInNewContext('(n) => n + text.length', { text: body(number) });
  rules.push(made);
}

/** An object of another context is enough. */
class Registry {
  results = new Set();
  add(number) { // leak: result
    this.results.add(vm.runInNewContext('({ size: text.length })', { text: body(number) }));
  }
}
const registry = new Registry();
const result = (number) => registry.add(number);

/** One for all; one for each, let go of; data only of what came from inside. */
let latest;
const totals = [];
function healthy(number) {
  shared.text = body(number);
  vm.runInContext('round(text.length / 2)', shared);
  const context = vm.createContext({ text: body(number) });
  latest = vm.runInContext('(() => text.length)', context);
  totals.push(JSON.stringify(vm.runInContext('({ size: text.length })', context)).length);
  if (totals.length > 10) totals.shift();
  return new vm.Script(`${number} + 1`).runInThisContext() + latest();
}

// The module keeps what it has made, as that of a service does.
module.exports = { sandbox, rule, result, healthy };
run(module.exports);
