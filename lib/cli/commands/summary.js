// @ts-check
'use strict';

const { summarizeAsync } = require('../../../index.js');
const { EXIT } = require('../failure.js');
const { printAnswer } = require('../show.js');
const { isMet } = require('../fail-on.js');

/** @param {import('../line.js').Line} line */
async function run(line) {
  const { rounds, unit, limit, strings } = line.flags;
  const snapshots = await line.open(line.args);
  const options = { rounds, unit, limit, strings: strings ? 'preview' : 'none' };
  const summary = /** @type {any} */ (await line.job('the growth', (job) => summarizeAsync(snapshots, { ...options, ...job })));
  // Before anything is printed: whoever reads it may stop in the middle.
  process.exitCode = isMet(line.flags['fail-on'] ?? [{ name: 'leak' }], summary) ? EXIT.found : EXIT.nothing;
  await printAnswer(line, summary, summary.findings);
  return /** @type {number} */ (process.exitCode);
}

module.exports = { run };
