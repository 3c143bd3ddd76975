'use strict';
// Leaks unbounded-collection, 1 per round.
// A registry that all copies of a package share, by a symbol of the global object.

const load = require('../load.cjs');

const KEY = Symbol.for('example.plugin.registry');

function registry() {
  return (globalThis[KEY] ||= { version: 2, components: [] });
}

function define(number) { // leak
  registry().components.push({ name: `component-${number}`, render: () => load.text(number) }); // leak
}

exports.round = async (number) => define(number);
