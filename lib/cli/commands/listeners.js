// @ts-check
'use strict';

const { auditListenersAsync } = require('../../../index.js');
const { EXIT } = require('../failure.js');
const { printAnswer, writePage } = require('../show.js');

/** @param {import('../line.js').Line} line */
async function run(line) {
  const snapshots = await line.open(line.args);
  const { limit } = line.window;
  const audit = /** @type {any} */ (await line.job('', (job) => auditListenersAsync(snapshots, { limit, ...job })));
  await writePage(line, snapshots);
  await printAnswer(line, audit, audit.emitters);
  return EXIT.nothing;
}

module.exports = { run };
