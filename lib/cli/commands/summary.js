// @ts-check
'use strict';

const { appendFileSync } = require('node:fs');
const { summarizeAsync } = require('../../../index.js');
const { EXIT } = require('../failure.js');
const { isMet } = require('../fail-on.js');
const { document, printAnswer, writePage } = require('../show.js');

/**
 * The summary that a line asks for.
 * @param {import('../line.js').Line} line
 * @param {any[]} [snapshots] its files, if they are open
 * @returns {Promise<any>}
 */
async function summaryOf(line, snapshots) {
  const { rounds, unit, limit, strings } = line.flags;
  const options = { rounds, unit, limit, strings: strings ? 'preview' : 'none', ignore: line.ignore };
  /** @param {any[]} subject */
  const summarize = (subject) => line.job('the growth', (job) => summarizeAsync(subject, { ...options, ...job }));
  return snapshots ? summarize(snapshots) : line.sources(line.args, summarize);
}

/** @param {import('../line.js').Line} line */
async function run(line) {
  // Of a series two are in memory at a time, as it is opened when it is read; but the page wants all.
  const isOpened = line.args.length < 3 || line.flags.html !== undefined;
  const snapshots = isOpened ? await line.open(line.args) : [];
  const summary = await summaryOf(line, isOpened ? snapshots : undefined);
  // Before anything is printed: whoever reads it may stop in the middle.
  process.exitCode = isMet(line.flags['fail-on'] ?? [{ name: 'leak' }], summary) ? EXIT.found : EXIT.nothing;
  await writePage(line, snapshots, summary);
  const failed = process.exitCode === EXIT.found;
  if (line.flags.sarif) await line.print(document(require('../formats/sarif.js').sarif(summary)));
  else if (line.flags.junit) await line.print(require('../formats/junit.js').junit(summary, failed));
  else await printAnswer(line, summary, summary.findings);
  if (line.flags.github) await annotate(line, summary, failed);
  return /** @type {number} */ (process.exitCode);
}

/** @param {import('../line.js').Line} line @param {any} summary @param {boolean} failed */
async function annotate(line, summary, failed) {
  await line.print(`\n${require('../formats/github.js').github(summary, failed)}`);
  const file = process.env.GITHUB_STEP_SUMMARY;
  if (file) appendFileSync(file, summary.toString({ format: 'markdown' }));
}

module.exports = { run, summaryOf };
