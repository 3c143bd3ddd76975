// @ts-check
'use strict';

const { trendAsync } = require('../../../index.js');
const { EXIT } = require('../failure.js');
const { printAnswer, writePage } = require('../show.js');

/** @param {import('../line.js').Line} line */
async function run(line) {
  const { rounds, unit, limit } = line.flags;
  const options = { rounds, unit, limit, ignore: line.ignore };
  const trend = /** @type {any} */ (
    await line.sources(line.args, (sources) => line.job('the series', (job) => trendAsync(/** @type {any} */ (sources), { ...options, ...job })))
  );
  writePage(line, trend);
  await printAnswer(line, trend, trend.rows);
  return EXIT.nothing;
}

module.exports = { run };
