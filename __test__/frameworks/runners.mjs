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
const jestLike = ({ testResults }) =>
  testResults.flatMap(({ assertionResults }) =>
    assertionResults.map(({ title, failureMessages }) => ({ title, failure: failureMessages[0] })),
  );

/**
 * The runners: each runs the test files of its project whose names contain `which`, and tells of every test its title and, if
 * it failed, its message.
 * @type {Record<string, (node: string, which: string) => { title: string, failure?: string }[]>}
 */
export const runners = {
  jest: (node, which) =>
    jestLike(report((file) => run(node, 'jest', [bin('jest', 'bin/jest.js'), '--runInBand', '--json', `--outputFile=${file}`, which]))),
  ...Object.fromEntries(
    ['forks', 'threads', 'vmThreads'].map((pool) => [
      `vitest ${pool}`,
      (node, which) => {
        const args = [bin('vitest', 'vitest.mjs'), 'run', `--pool=${pool}`, '--reporter=json', which];
        return jestLike(report((file) => run(node, 'vitest', [...args, `--outputFile=${file}`])));
      },
    ]),
  ),
  mocha: (node, which) => {
    const { tests } = report((file) =>
      run(node, 'mocha', [bin('mocha', 'bin/mocha.js'), '--reporter', 'json', '--reporter-option', `output=${file}`, `${which}.spec.mjs`]),
    );
    return tests.map(({ title, err }) => ({ title, failure: err.message }));
  },
  'node:test': (node, which) => {
    const { stdout } = run(node, 'node-test', ['--test-reporter=../reporter.mjs', '--test', `${which}.test.cjs`]);
    return stdout
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line));
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
