// @ts-check
'use strict';

const { spawnSync } = require('node:child_process');
const { parseIgnore } = require('../../../index.js');
const { FILE, append, nearestFile, textOf, withoutRepeats } = require('../../ignore-file.js');
const { EXIT, UsageError } = require('../failure.js');
const { summaryOf } = require('./summary.js');

/** @param {import('../line.js').Line} line */
async function run(line) {
  const { run: command, out = FILE } = line.flags;
  if ((command === undefined) === (line.args.length === 0)) throw new UsageError('expected FILE… or --run COMMAND', 'baseline');
  if (command !== undefined) return runTests(command);
  const { findings } = /** @type {any} */ (await summaryOf(line));
  const known = new Set(parseIgnore(textOf(out)).map(({ signature }) => signature));
  const fresh = findings.filter((/** @type {any} */ { signature }) => !known.has(signature));
  append(out, fresh.map((/** @type {any} */ { signature, title }) => `signature:${signature} # ${title}`));
  await line.print(`${out}: ${fresh.length} added, ${findings.length - fresh.length} there already.\n`);
  return EXIT.nothing;
}

/** Tests with `leakscan/…/check` write what they leave behind themselves. @param {string} command */
function runTests(command) {
  const { status } = spawnSync(command, { shell: true, stdio: 'inherit', env: { ...process.env, LEAKSCAN_BASELINE: '1' } });
  withoutRepeats(nearestFile());
  return status === 0 ? EXIT.nothing : EXIT.error;
}

module.exports = { run };
