// @ts-check
'use strict';

const { buffer } = require('node:stream/consumers');
const { readAllocations } = require('../../../index.js');
const { EXIT } = require('../failure.js');
const { printAnswer } = require('../show.js');

/** @param {import('../line.js').Line} line */
async function run(line) {
  const { limit } = line.window;
  const profile = /** @type {any} */ (
    await line.sources(line.args, async ([source]) => readAllocations(typeof source === 'string' ? source : await buffer(source), { limit }))
  );
  await printAnswer(line, profile, profile.sites);
  return EXIT.nothing;
}

module.exports = { run };
