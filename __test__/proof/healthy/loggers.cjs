'use strict';
// Healthy.
// winston and pino on streams that are read, one of them replaced by a new one every now and then.

const { PassThrough, Writable } = require('node:stream');
const pino = require('pino');
const winston = require('winston');
const load = require('../load.cjs');

const nowhere = () => new Writable({ write: (_chunk, _encoding, done) => setImmediate(done) });
const quick = pino(nowhere());
const logger = winston.createLogger({ transports: [new winston.transports.Stream({ stream: nowhere() })] });
let rotating = new PassThrough();
rotating.resume();

exports.round = async (number) => {
  const child = quick.child({ request: number });
  child.info({ text: load.text(number, 200) }, 'request');
  logger.info('request', { number, text: load.text(number, 200) });
  if (number % 20 === 0) {
    rotating.end();
    rotating = new PassThrough();
    rotating.resume();
  }
  rotating.write(load.text(number));
};
