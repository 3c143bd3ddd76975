// leakscan's assertions in real test runners: every leaking test fails, with a message that names the culprit, and every
// healthy test passes. Again and again, on a busy machine: `npm run flakes`.

import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { wrong } from './frameworks/judge.mjs';
import { checks, installLeakscan, runners } from './frameworks/runners.mjs';
import { nodes } from './nodes/nodes.mjs';

/** The line that most use; V8 11 (Node.js 20) takes twice as long for a snapshot. */
const LTS = 24;
const lines = nodes();
const { path: node } = lines.find(({ line }) => line === LTS);
/** Tests in either file of a project. */
const LEAST = 6;
/** How often every test of a framework runs: what is right by chance is not right. `npm run flakes` goes on for longer. */
const TIMES = 5;

before(installLeakscan);

for (const [name, run] of Object.entries(runners)) {
  test(`${name}: healthy tests pass, leaking tests fail and say why`, () => {
    assert.deepEqual(wrong(name, run(node), LEAST), []);
  });
}

for (const name of ['jest', 'vitest forks', 'mocha', 'node:test']) {
  for (let time = 2; time <= TIMES; time++) {
    test(`${name}: all of that again, time ${time}`, () => {
      assert.deepEqual(wrong(name, runners[name](node), LEAST), []);
    });
  }
}

for (const { line, path } of lines.filter(({ line }) => line !== LTS)) {
  test(`node:test of Node.js ${line}: healthy tests pass, leaking tests fail and say why`, () => {
    assert.deepEqual(wrong('node:test', runners['node:test'](path), LEAST), []);
  });
}

for (const { name, run } of checks) {
  test(`${name}: a test file that leaves something behind fails, with the place`, () => {
    const { passed, output } = run(node, true);
    assert.equal(passed, false, output);
    assert.match(output, /left behind \(accept it in \.leakscanignore\)/);
    assert.match(output, /1 'error' listener on EventEmitter, created at left\.cjs:9:\d+/);
    assert.match(output, /1 interval of 60000 ms, created at left\.cjs:10:\d+/);
  });
  test(`${name}: a test file that leaves nothing behind passes`, () => {
    const { passed, output } = run(node, false);
    assert.equal(passed, true, output);
  });
}
