// @ts-check
'use strict';

const { FILE, append, nearestFile, textOf } = require('../ignore-file.js');
const { LeakAssertionError } = require('./failure.js');
const { census, left, more } = require('./left-behind.js');
const { TIMEOUT_MS } = require('./rounds.js');

/**
 * Whether a test file leaves listeners, timers or handles behind: for the hooks of a test runner. What is known and accepted
 * stands in `.leakscanignore`, a line each; with LEAKSCAN_BASELINE set, whatever is found is written there instead.
 */

/** Made by Node.js or by a test runner, for itself. */
const RUNNERS_OWN = /node_modules[\\/](vitest|@vitest|mocha|jest|jest-[\w-]+|@jest)[\\/]| at node:|listeners? on [^,]+$/;

/** Rules, without comments and those for leak summaries. */
function ignored() {
  const lines = textOf(nearestFile()).split('\n');
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
  const found = now.flatMap((after, at) => more(then[at], after, [...rules, RUNNERS_OWN]));
  if (found.length === 0) return;
  if (process.env.LEAKSCAN_BASELINE) return accept(found);
  throw new LeakAssertionError(left(`the tests of this file left behind (accept it in ${FILE})`, found), { operator: 'check' });
}

/**
 * Adds rules for what was found to the file. Test files that run at once may add the same rule; `leakscan baseline --run` then
 * leaves one of them.
 * @param {{ rule: string }[]} found
 */
function accept(found) {
  append(nearestFile(), new Set(found.map(({ rule }) => `left: ${rule}`)));
}

module.exports = { begin, end, TIMEOUT_MS };
