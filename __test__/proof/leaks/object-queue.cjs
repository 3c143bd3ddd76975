'use strict';
// Leaks stream-backlog, 2 per round.
// An object stream that nobody reads.

const { Readable } = require('node:stream');
const load = require('../load.cjs');

const events = new Readable({ objectMode: true, read() {} });

exports.round = async (number) => {
  events.push({ number, type: 'start', text: load.text(number, 500) });
  events.push({ number, type: 'end', text: load.text(number, 500) });
};
