'use strict';
// Leaks duplicate-strings or unbounded-collection, 1 per round.
// The same settings decoded again for every tenant that is kept.

const load = require('../load.cjs');

const body = Buffer.from(load.text(7, 4000));
const tenants = new Map();

function settings(tenant) { // leak
  const text = body.toString('latin1');
  tenants.set(tenant, text);
  return text.length;
}

exports.round = async (number) => settings(`tenant-${number}`);
