// @ts-check
'use strict';

const { spawnSync } = require('node:child_process');
const { appendFileSync, existsSync, readFileSync, writeFileSync } = require('node:fs');
const { parseIgnore } = require('../../../index.js');
const { EXIT, UsageError } = require('../failure.js');
const { summaryOf } = require('./summary.js');

const FILE = '.leakscanignore';

/** @param {import('../line.js').Line} line */
async function run(line) {
  const { run: command, out = FILE } = line.flags;
  if ((command === undefined) === (line.args.length === 0)) throw new UsageError('expected FILE… or --run COMMAND', 'baseline');
  if (command !== undefined) return runTests(command);
  const { findings } = /** @type {any} */ (await summaryOf(line));
  const text = existsSync(out) ? readFileSync(out, 'utf8') : '';
  const known = new Set(parseIgnore(text).map(({ signature }) => signature));
  const fresh = findings.filter((/** @type {any} */ { signature }) => !known.has(signature));
  const lines = fresh.map((/** @type {any} */ { signature, title }) => `signature:${signature} # ${title}\n`);
  appendFileSync(out, `${text === '' || text.endsWith('\n') ? '' : '\n'}${lines.join('')}`);
  await line.print(`${out}: ${lines.length} added, ${findings.length - lines.length} there already.\n`);
  return EXIT.nothing;
}

/** Tests with `leakscan/…/check` write what they leave behind themselves. @param {string} command */
function runTests(command) {
  const { status } = spawnSync(command, { shell: true, stdio: 'inherit', env: { ...process.env, LEAKSCAN_BASELINE: '1' } });
  if (existsSync(FILE)) withoutRepeats(FILE);
  return status === 0 ? EXIT.nothing : EXIT.error;
}

/** Of rules that test files have written at once, the first stays. @param {string} file */
function withoutRepeats(file) {
  const text = readFileSync(file, 'utf8');
  const rules = new Set();
  const isRepeat = (/** @type {string} */ line) => line.startsWith('left:') && rules.size === rules.add(line).size;
  const unique = text.split('\n').filter((line) => !isRepeat(line)).join('\n');
  if (unique !== text) writeFileSync(file, unique);
}

module.exports = { run };
