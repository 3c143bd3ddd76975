// @ts-check
'use strict';

const { appendFileSync, existsSync, readFileSync } = require('node:fs');
const path = require('node:path');
const { LeakAssertionError } = require('./failure.js');
const { census, left, more } = require('./left-behind.js');
const { TIMEOUT_MS } = require('./rounds.js');

/**
 * Whether a test file leaves listeners, timers or handles behind: for the hooks of a test runner. What is known and accepted
 * stands in `.leakscanignore`, a line each; with LEAKSCAN_BASELINE set, whatever is found is written there instead.
 */

const FILE = '.leakscanignore';
/** Made by Node.js or by a test runner, for itself. */
const RUNNERS_OWN = /node_modules[\\/](vitest|@vitest|mocha|jest|jest-[\w-]+|@jest)[\\/]| at node:|listeners? on [^,]+$/;

/** The file of this directory or the nearest above it. */
function ignoreFile() {
  for (let directory = process.cwd(); ; directory = path.dirname(directory)) {
    const file = path.join(directory, FILE);
    if (existsSync(file)) return file;
    if (path.dirname(directory) === directory) return undefined;
  }
}

/** Rules, without comments and those for leak summaries. */
function ignored() {
  const file = ignoreFile();
  const lines = file === undefined ? [] : readFileSync(file, 'utf8').split('\n');
  return lines.map((line) => line.trim()).filter((line) => line.startsWith('left:')).map((line) => line.slice('left:'.length).trim());
}

/** @type {Awaited<ReturnType<typeof census>> | undefined} */
let before;

/** Before the tests of a file. */
async function begin() {
  before = await census();
}

/** After them. */
async function end() {
  const then = before;
  if (then === undefined) return;
  const now = await census();
  const rules = ignored();
  const lines = now.flatMap((after, at) => more(then[at], after, [...rules, RUNNERS_OWN]));
  if (lines.length === 0) return;
  if (process.env.LEAKSCAN_BASELINE) return accept(lines);
  throw new LeakAssertionError(left(`the tests of this file left behind (accept it in ${FILE})`, lines), { operator: 'check' });
}

/** Writes what was found to the file, without counts. @param {string[]} lines */
function accept(lines) {
  const known = ignored();
  const rules = lines.map((line) => line.replace(/^\d+ /, '')).filter((rule) => !known.includes(rule));
  appendFileSync(ignoreFile() ?? path.resolve(FILE), rules.map((rule) => `left: ${rule}\n`).join(''));
}

module.exports = { begin, end, TIMEOUT_MS };
