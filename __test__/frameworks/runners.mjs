// Runs the test projects of this directory with real test runners, against leakscan as a user has it: its published files in
// node_modules.

import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.join(here, '..', '..');
const modules = path.join(here, 'node_modules');

/** Puts leakscan's published files, and the addon as it was built, where the projects find them. */
export function installLeakscan() {
  const target = path.join(modules, 'leakscan');
  rmSync(target, { recursive: true, force: true });
  const { files } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  const addons = readdirSync(root).filter((file) => /^leakscan\..*\.node$/.test(file));
  for (const file of ['package.json', ...files, ...addons]) {
    const source = path.join(root, file);
    if (existsSync(source)) cpSync(source, path.join(target, file), { recursive: true });
  }
}

/** Runs a Node.js program in a project; its output, whatever its exit code. */
function run(node, project, args, env = {}) {
  const { stdout, stderr, status, error } = spawnSync(node, args, {
    cwd: path.join(here, project),
    encoding: 'utf8',
    maxBuffer: 1 << 26,
    env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined, NODE_TEST_CONTEXT: undefined, CI: '1', ...env },
  });
  if (error) throw error;
  return { stdout, stderr, status };
}

/** A file that a reporter writes, as JSON. */
function report(write) {
  const directory = mkdtempSync(path.join(tmpdir(), 'leakscan-report-'));
  try {
    const file = path.join(directory, 'report.json');
    const output = write(file);
    if (!existsSync(file)) throw new Error(`no report:\n${output.stdout}\n${output.stderr}`);
    return JSON.parse(readFileSync(file, 'utf8'));
  } finally {
    rmSync(directory, { recursive: true });
  }
}

const bin = (name, file) => path.join(modules, name, file);
/** Of reports like Jest's, those tests that ran. */
const jestLike = ({ testResults }) =>
  testResults.flatMap(({ name, assertionResults }) =>
    assertionResults
      .filter(({ status }) => status === 'passed' || status === 'failed')
      .map(({ title, failureMessages }) => ({ file: kindOf(name), title, failure: failureMessages[0] })),
  );

/** `healthy` or `leaking`: what the name of a test file begins with. @param {string} file */
const kindOf = (file) => path.basename(file).split('.')[0];

/** @param {string} flag @param {RegExp} [only] */
const filter = (flag, only) => (only === undefined ? [] : [flag, only.source]);

/**
 * The runners: each runs the test files of its project, or only those tests whose names match, and tells of every test its file
 * (`healthy` or `leaking`), its title and, if it failed, its message.
 * @type {Record<string, (node: string, only?: RegExp) => { file: string, title: string, failure?: string }[]>}
 */
export const runners = {
  jest: (node, only) => {
    // In two workers, as by default: those keep what tests print.
    const args = [bin('jest', 'bin/jest.js'), '--maxWorkers=2', ...filter('-t', only), '--json'];
    return jestLike(report((file) => run(node, 'jest', [...args, `--outputFile=${file}`])));
  },
  ...Object.fromEntries(
    ['forks', 'threads', 'vmThreads'].map((pool) => [
      `vitest ${pool}`,
      (node, only) => {
        const args = [bin('vitest', 'vitest.mjs'), 'run', `--pool=${pool}`, ...filter('-t', only), '--reporter=json'];
        return jestLike(report((file) => run(node, 'vitest', [...args, `--outputFile=${file}`])));
      },
    ]),
  ),
  mocha: (node, only) => {
    const args = [bin('mocha', 'bin/mocha.js'), ...filter('--grep', only), '--reporter', 'json', '*.spec.mjs'];
    const { tests } = report((file) => run(node, 'mocha', [...args, '--reporter-option', `output=${file}`]));
    return tests.map(({ file, title, err }) => ({ file: kindOf(file), title, failure: err.message }));
  },
  'node:test': (node, only) => {
    const args = [...filter('--test-name-pattern', only), '--test-reporter=../reporter.mjs'];
    const { stdout } = run(node, 'node-test', [...args, '--test', 'healthy.test.cjs', 'leaking.test.cjs']);
    const tests = stdout.split('\n').filter((line) => line.startsWith('{'));
    return tests.map((line) => JSON.parse(line)).map((it) => ({ ...it, file: kindOf(it.file) }));
  },
};

/** How each runner runs the test file of check/ with its hooks. @type {Record<string, string[]>} */
const CHECKS = {
  jest: [bin('jest', 'bin/jest.js'), '--runInBand'],
  vitest: [bin('vitest', 'vitest.mjs'), 'run'],
  mocha: [bin('mocha', 'bin/mocha.js'), '--require', 'leakscan/mocha/check', 'mocha.spec.cjs'],
  'node:test': ['--require', 'leakscan/node-test/check', '--test', 'node-test.test.cjs'],
};

/** Runs a test file that leaves something behind if `leave` says so; whether the run passed, and all it printed. */
export const checks = Object.entries(CHECKS).map(([name, args]) => ({
  name,
  run(node, leave) {
    const { status, stdout, stderr } = run(node, 'check', args, { LEAVE: leave ? '1' : '' });
    return { passed: status === 0, output: stdout + stderr };
  },
}));
