// @ts-check
'use strict';

const { script } = require('../completion.js');
const { EXIT } = require('../failure.js');

/** @param {import('../line.js').Line} line */
async function run(line) {
  await line.print(script(line.args[0]));
  return EXIT.nothing;
}

module.exports = { run };
