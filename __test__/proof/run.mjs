// Runs the programs of the proof under the lines of Node.js, asks leakscan what it thinks of their snapshots, and judges the
// answers. A program says what is true of it in its first comment:
//
//   // Leaks listeners, 1 per round.            as module-cache, timers …: the cause that must come first
//   // Leaks timers or handles, 2 per round.    where both are good answers
//   // Leaks module-cache, 1 per round, less 1.  where the last one is still in use
//   // Leaks module-cache, 1 per round, and 1 that is no leak.   where there is one that belongs there
//   // Healthy.                                 nothing may be found
//   // Rounds: 10 + 30.                         where WARM_UP and ROUNDS would be too many
//
// and the lines that a finding may point at end with `// leak`.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const { parse, summarize } = createRequire(import.meta.url)('../..');

/** Rounds before the first snapshot, and between two. */
export const WARM_UP = 60;
export const ROUNDS = 120;

const here = path.dirname(fileURLToPath(import.meta.url));
const runner = path.join(here, 'rounds.cjs');
const FEWER = /^\/\/ Rounds: (\d+) \+ (\d+)\.$/m;
const TRUTH = /^\/\/ (?:Leaks ([a-z-]+(?: or [a-z-]+)*), (\d+(?:\.\d+)?) per round(?:, less (\d+)|, and (\d+) that is no leak)?|(Healthy))\./m;

/**
 * A program and what is true of it.
 * @typedef {{
 *   name: string, file: string, isHealthy: boolean, causes: string[], perRound: number, beside: number,
 *   lines: number[], warmUp: number, rounds: number,
 * }} Program
 */

/** @returns {Program[]} all programs, leaks first */
export function programs() {
  return ['leaks', 'healthy'].flatMap((directory) =>
    readdirSync(path.join(here, directory))
      .filter((file) => /\.[cm]?js$/.test(file))
      .sort()
      .map((file) => read(path.join(here, directory, file))),
  );
}

function read(file) {
  const source = readFileSync(file, 'utf8');
  const truth = TRUTH.exec(source);
  if (!truth) throw new Error(`${file} does not say whether it leaks`);
  const lines = source.split('\n').flatMap((line, at) => (/\/\/ leak$/.test(line) ? [at + 1] : []));
  const isHealthy = truth[5] !== undefined;
  const [, warmUp = WARM_UP, rounds = ROUNDS] = FEWER.exec(source) ?? [];
  return {
    name: path.basename(file).replace(/\.[cm]?js$/, ''),
    file,
    isHealthy,
    causes: isHealthy ? [] : truth[1].split(' or '),
    perRound: Number(truth[2] ?? 0),
    beside: Number(truth[4] ?? 0) - Number(truth[3] ?? 0),
    lines,
    warmUp: Number(warmUp),
    rounds: Number(rounds),
  };
}

/**
 * Runs a program and resolves with the paths of its snapshots. With `keep`, snapshots that are there already are taken.
 * @param {{ path: string, line: number }} node
 * @param {Program} program
 * @param {number} count of snapshots
 * @param {string} directory for them
 */
async function snapshots(node, program, count, directory) {
  const prefix = `${program.name}-${node.line}`;
  const files = Array.from({ length: count }, (_, at) => path.join(directory, `${prefix}-${at}.heapsnapshot`));
  if (files.every((file) => existsSync(file))) return files;
  const unfinished = mkdtempSync(path.join(directory, 'run-'));
  const written = files.map((file) => path.join(unfinished, path.basename(file)));
  const child = spawn(
    node.path,
    ['--expose-gc', '--no-warnings', runner, program.file, program.warmUp, program.rounds, ...written].map(String),
    { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, NODE_ENV: 'production' } },
  );
  let complaints = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (complaints += text.slice(0, 4000)));
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`${program.name} on Node.js ${node.line} ended with ${code}\n${complaints}`);
  for (const [at, file] of written.entries()) renameSync(file, files[at]);
  rmSync(unfinished, { recursive: true });
  return files;
}

/** How leakscan is asked. */
export const QUESTIONS = {
  rounds: ([before, after], { rounds }) => summarize([before, after], { rounds, unit: 'request' }),
  pair: ([before, after]) => summarize([before, after]),
  single: ([, after]) => summarize(after),
  series: (all, { rounds }) => summarize(all, { rounds, unit: 'request' }),
};

/**
 * What is wrong with an answer; nothing if it is right.
 * @param {Program} program
 * @param {keyof QUESTIONS} question
 * @param {import('leakscan').Summary} summary
 * @returns {string[]}
 */
export function wrongs(program, question, summary) {
  const [first] = summary.findings;
  if (program.isHealthy) {
    return summary.verdict === 'clean' && !first ? [] : [`${summary.verdict}: ${summary.findings.map(brief).join('; ')}`];
  }
  const wrong = [];
  // One snapshot cannot tell growth: it may be silent, but not wrong.
  if (question === 'single') {
    if (summary.verdict === 'leak') wrong.push('calls one snapshot a leak');
    if (first && !program.causes.includes(first.cause)) wrong.push(`first cause ${brief(first)}`);
    return wrong;
  }
  if (summary.verdict !== 'leak') wrong.push(`verdict ${summary.verdict}`);
  if (!first) return wrong;
  if (!program.causes.includes(first.cause)) wrong.push(`first cause ${brief(first)}`);
  const intervals = question === 'series' ? 2 : 1;
  const grew = program.perRound * program.rounds * intervals;
  const count = program.perRound * (program.warmUp + program.rounds * intervals) + program.beside;
  if (first.growth?.count !== grew) wrong.push(`growth ${first.growth?.count} for ${grew}`);
  if (first.count !== count) wrong.push(`count ${first.count} for ${count}`);
  if (question !== 'pair' && first.growth?.perRound !== program.perRound) {
    wrong.push(`per round ${first.growth?.perRound} for ${program.perRound}`);
  }
  if (!isRightLine(program, first)) wrong.push(`line ${first.location?.line} for ${program.lines.join(' or ')}`);
  if (summary.findings.length > 1) wrong.push(`more findings: ${summary.findings.slice(1).map(brief).join('; ')}`);
  return wrong;
}

/** Whether the finding points at a line that the program marks; where it marks none, a library makes what leaks. */
export function isRightLine(program, finding) {
  if (program.lines.length === 0) return true;
  return (
    program.lines.includes(finding.location?.line) &&
    path.basename(finding.location.url) === path.basename(program.file)
  );
}

/** A finding in a line. */
export const brief = (finding) => `${finding.cause} “${finding.title}” ${finding.location?.line ?? ''} ${finding.confidence}`;

/**
 * What came of it.
 * @typedef {{
 *   program: Program, node: { path: string, line: number, version: string },
 *   answers: { question: string, summary: import('leakscan').Summary, wrongs: string[] }[],
 * }} Proof
 */

/**
 * Runs a program under one Node.js and asks every question.
 * @param {{ path: string, line: number }} node
 * @param {Program} program
 * @param {{ questions?: (keyof QUESTIONS)[], keep?: string }} options `keep`: a directory where snapshots stay
 */
export async function prove(node, program, { questions = ['rounds', 'pair', 'single'], keep } = {}) {
  if (keep) mkdirSync(keep, { recursive: true });
  const directory = keep ?? mkdtempSync(path.join(tmpdir(), 'leakscan-proof-'));
  try {
    const files = await snapshots(node, program, questions.includes('series') ? 3 : 2, directory);
    const parsed = files.map((file) => parse(file));
    const answers = questions.map((question) => {
      const summary = QUESTIONS[question](parsed, program);
      return { question, summary, wrongs: wrongs(program, question, summary) };
    });
    for (const snapshot of parsed) snapshot.dispose();
    return { program, node, answers };
  } finally {
    if (!keep) rmSync(directory, { recursive: true });
  }
}
