#!/usr/bin/env node
// @ts-check
// `npm run check`: everything that must be green before a change is proposed. Formatting, lints and documentation of the
// Rust code with and without Node-API, then `npm test` (which compiles the types of the JavaScript code too).

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** @type {[string, string, string[], Record<string, string>?][]} */
const steps = [
  ['formatting', 'cargo', ['fmt', '--check']],
  ['lints', 'cargo', ['clippy', '--locked', '--', '--deny', 'warnings']],
  // Tests are built without Node-API, which leaves its exports out of them.
  ['lints of the tests', 'cargo', ['clippy', '--locked', '--no-default-features', '--all-targets', '--', '--deny', 'warnings']],
  ['documentation', 'cargo', ['doc', '--locked', '--no-deps', '--document-private-items'], { RUSTDOCFLAGS: '--deny warnings' }],
  ['tests', process.execPath, ['scripts/run-tests.mjs']],
];

for (const [name, command, args, env] of steps) {
  console.error(`\n── ${name}`);
  const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } });
  if (status !== 0) {
    console.error(`\nfailed: ${name}`);
    process.exit(1);
  }
}
