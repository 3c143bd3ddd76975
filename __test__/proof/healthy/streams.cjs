'use strict';
// Healthy.
// Pipelines with back-pressure, archives and tables, all read to their end.

const { pipeline } = require('node:stream/promises');
const { Readable, Writable } = require('node:stream');
const zlib = require('node:zlib');
const load = require('../load.cjs');

const tables = import('csv-parse');
const slow = () => new Writable({ write: (_chunk, _encoding, done) => setImmediate(done) });

exports.round = async (number) => {
  await pipeline(Readable.from([load.text(number), load.text(number + 1)]), zlib.createGzip({ level: 1 }), slow());
  const { parse } = await tables;
  await pipeline(Readable.from([`a,b,${load.text(number)}\n`, 'c,d,e\n']), parse(), new Writable({ objectMode: true, write: (_row, _encoding, done) => done() }));
};
