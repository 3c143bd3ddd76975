// @ts-check
'use strict';

const { trendAsync } = require('../../../index.js');
const { EXIT } = require('../failure.js');
const { printAnswer, writePage } = require('../show.js');

/** @param {import('../line.js').Line} line */
async function run(line) {
  const { rounds, unit, limit } = line.flags;
  const options = { rounds, unit, limit, ignore: line.ignore };
  /** @param {any[]} subject */
  const grown = (subject) => line.job('the series', (job) => trendAsync(subject, { ...options, ...job }));
  // Two snapshots are in memory at a time; but the page wants all.
  const snapshots = line.flags.html === undefined ? [] : await line.open(line.args);
  const trend = /** @type {any} */ (await (snapshots.length > 0 ? grown(snapshots) : line.sources(line.args, grown)));
  await writePage(line, snapshots);
  await printAnswer(line, trend, trend.rows);
  return EXIT.nothing;
}

module.exports = { run };
