// Runs the leaking programs of this directory and summarizes their snapshots.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const { summarize } = createRequire(import.meta.url)('../..');

/** As rounds.cjs does them. */
export const WARM_UP = 20;
export const ROUNDS = 100;

const file = (program) => fileURLToPath(new URL(program, import.meta.url));

/** Calls `look` with the two snapshots that a program has written, ROUNDS rounds of its work apart. */
function withSnapshots(node, program, work, look) {
  const directory = mkdtempSync(path.join(tmpdir(), 'leakscan-causes-'));
  try {
    const files = ['before', 'after'].map((moment) => path.join(directory, `${moment}.heapsnapshot`));
    const env = { ...process.env, NODE_ENV: 'production' };
    execFileSync(node, ['--expose-gc', file(program), work, ...files], { env, stdio: ['ignore', 'ignore', 'inherit'] });
    return look(files);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** What leakscan says of the growth in ROUNDS rounds of a program's work; of one snapshot with `{ single: true }`. */
export function summary(node, program, work, { single = false } = {}) {
  return withSnapshots(node, program, work, (files) =>
    single ? summarize(files[1]) : summarize(files, { rounds: ROUNDS, unit: 'request' }),
  );
}

/** The same with the rounds (`paced`), without (`unpaced`), and of one snapshot (`single`). */
export function summaries(node, program, work) {
  return withSnapshots(node, program, work, (files) => ({
    paced: summarize(files, { rounds: ROUNDS, unit: 'request' }),
    unpaced: summarize(files),
    single: summarize(files[1]),
  }));
}

/** The line of a program that a comment marks. */
export function lineOf(program, mark) {
  const lines = readFileSync(file(program), 'utf8').split('\n');
  return 1 + lines.findIndex((line) => line.endsWith(`// ${mark}`));
}
