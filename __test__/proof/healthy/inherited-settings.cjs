'use strict';
// Healthy.
// Settings of a request that inherit from those of the tenant, and these from the defaults.

const load = require('../load.cjs');

const defaults = { text: load.text('defaults'), limit: 10 };
const tenants = new Map();
let current;

exports.round = async (number) => {
  const name = `tenant ${number % 12}`;
  if (!tenants.has(name)) tenants.set(name, Object.assign(Object.create(defaults), { name, text: load.text(name) }));
  current = Object.assign(Object.create(tenants.get(name)), { number, text: load.text(number) });
  return current.limit;
};
