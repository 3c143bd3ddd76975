#!/usr/bin/env node
// @ts-check
// `npm test`: every test there is, Rust and JavaScript, with what they need. Stops at the first part that fails.
//   npm test -- NAME…   only the JavaScript tests whose file name contains one of these
//
// The files are listed here, because `node --test` finds them differently from one line of Node.js to the next.

import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { cpus, homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { setup } from '../__test__/setup.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const names = process.argv.slice(2);

const files = readdirSync(join(root, '__test__'))
  .filter((file) => /\.test\.[cm]?js$/.test(file) && (names.length === 0 || names.some((name) => file.includes(name))))
  .map((file) => join('__test__', file));

/** `cargo` of the PATH, else the one rustup puts under the home directory before a new shell knows of it. */
function cargo() {
  const inHome = join(
    process.env.CARGO_HOME ?? join(homedir(), '.cargo'),
    'bin',
    process.platform === 'win32' ? 'cargo.exe' : 'cargo',
  );
  return spawnSync('cargo', ['--version']).status === 0 || !existsSync(inHome) ? 'cargo' : inHome;
}

/** @param {string} command @param {string[]} args */
function run(command, args) {
  const { status, error, signal } = spawnSync(command, args, { cwd: root, stdio: 'inherit' });
  if (status !== 0)
    throw new Error(`${command} ${args[0]} ended with ${error?.message ?? signal ?? `exit code ${status}`}`);
}

/** @type {[string, () => unknown][]} */
const parts = [
  ['the addon is built from the sources as they are', () => run(process.execPath, ['scripts/build.mjs'])],
  ['packages that only the tests need are installed', setup],
  // Files run two at a time: by itself Node.js leaves one core free, which on a machine of two is half of it.
  [
    'JavaScript tests',
    () => run(process.execPath, ['--test', '--test-reporter=spec', `--test-concurrency=${Math.max(2, cpus().length - 1)}`, ...files]),
  ],
];
if (names.length === 0) {
  // Without the feature `node`: nothing but the binding may need Node-API, and a test binary has no Node.js to link with.
  parts.unshift(['Rust tests', () => run(cargo(), ['test', '--locked', '--no-default-features'])]);
}

for (const [name, part] of parts) {
  console.error(`\n── ${name}`);
  try {
    await part();
  } catch (error) {
    console.error(`\nfailed: ${name}: ${/** @type {Error} */ (error).message}`);
    process.exit(1);
  }
}
console.error('\nall tests passed');
