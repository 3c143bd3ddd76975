'use strict';
// Leaks listeners or unbounded-collection or stream-backlog, 1 per round.
// One stream of events is piped to every client; those that have gone are not unpiped.

const { PassThrough, Writable } = require('node:stream');
const load = require('../load.cjs');

const events = new PassThrough();
events.setMaxListeners(0);

exports.round = async (number) => {
  const seen = { text: load.text(number), bytes: 0 };
  events.pipe(new Writable({ write: (chunk, _, done) => ((seen.bytes += chunk.length), done()) }));
  events.write('tick');
};
