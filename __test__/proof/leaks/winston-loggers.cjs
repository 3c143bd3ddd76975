'use strict';
// Leaks unbounded-collection or listeners, 1 per round.
// A logger for every request, by its id, in winston's own container.

const winston = require('winston');
const load = require('../load.cjs');

exports.round = async (number) => {
  const logger = winston.loggers.get(`request ${number}`, {
    defaultMeta: { number, text: load.text(number) },
    transports: [new winston.transports.Console({ silent: true })],
  });
  logger.info('done');
};
