'use strict';
// Leaks handles, 1 per round.
// Rounds: 10 + 30.
// A converter process for every document, which waits for more input for ever.

const { spawn } = require('node:child_process');
const { once } = require('node:events');
const load = require('../load.cjs');

exports.round = async (number) => {
  const document = { number, text: load.text(number) };
  const converter = spawn('cat');
  converter.on('exit', (code) => (document.code = code)); // leak
  converter.stdin.write(document.text);
  await once(converter.stdout, 'data');
};
