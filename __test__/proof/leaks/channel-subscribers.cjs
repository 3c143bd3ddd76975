'use strict';
// Leaks listeners or unbounded-collection, 1 per round.
// Every request subscribes to a channel of diagnostics, and stays subscribed.

const diagnostics = require('node:diagnostics_channel');
const load = require('../load.cjs');

const queries = diagnostics.channel('db:query');

exports.round = async (number) => {
  const trace = { number, text: load.text(number), queries: 0 };
  queries.subscribe(() => trace.queries++); // leak
};
