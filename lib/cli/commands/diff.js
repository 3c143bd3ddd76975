// @ts-check
'use strict';

const { diffAsync } = require('../../../index.js');
const { EXIT } = require('../failure.js');
const { printAnswer, writePage } = require('../show.js');

/** @param {import('../line.js').Line} line */
async function run(line) {
  const options = { devtoolsCompat: line.flags['devtools-compat'], ignore: line.ignore };
  const [before, after] = await line.open(line.args);
  const diff = /** @type {any} */ (await line.job('', (job) => diffAsync(before, after, { ...options, ...job })));
  await writePage(line, [before, after]);
  await printAnswer(line, diff, diff.classes);
  return EXIT.nothing;
}

module.exports = { run };
