'use strict';
// Leaks listeners or unbounded-collection or stream-backlog, 1 per round.
// A transport is added to the one logger for every request.

const { Writable } = require('node:stream');
const winston = require('winston');
const load = require('../load.cjs');

const logger = winston.createLogger({ silent: false, transports: [] });
logger.setMaxListeners(0);

exports.round = async (number) => {
  const lines = [load.text(number)];
  const stream = new Writable({ write: (chunk, _encoding, done) => done(lines.push(String(chunk).length) && null) });
  logger.add(new winston.transports.Stream({ stream, level: 'error' }));
};
