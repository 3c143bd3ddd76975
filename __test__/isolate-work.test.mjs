// `isolate: true`: work that runs in a process of its own, with the same answers as here.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { after, test } from 'node:test';
import { nodes } from './nodes/nodes.mjs';

const require = createRequire(import.meta.url);
const { assertNoLeak } = require('../assert.js');
const { temporaryDirectory } = require('./inputs.cjs');
const bad = require('./frameworks/subjects/bad.cjs');
const leaking = require('./frameworks/subjects/leaking.cjs');

const subjects = new URL('frameworks/subjects/', import.meta.url);
const directory = temporaryDirectory({ after });
const isolated = { isolate: true, evidence: false };

/** A module with work. */
function module(name, text) {
  const file = path.join(directory, name);
  writeFileSync(file, text);
  return file;
}

test('work is found by its module and its name, and told as it is told here', async () => {
  const found = [];
  const asked = [
    [leaking.listener, isolated],
    [new URL('leaking.cjs', subjects), { ...isolated, export: 'listener' }],
  ];
  for (const [work, options] of asked) {
    const error = await assertNoLeak(work, options).catch((thrown) => thrown);
    assert.equal(error.code, 'ERR_LEAKSCAN_LEAK', error);
    assert.match(error.message, /^grew by 1 per round over 20 rounds: 25 'error' listeners on EventEmitter, all created at .*leaking\.cjs:9:\d+\n/);
    assert.equal(error.summary.findings[0].cause, 'listeners');
    assert.match(String(error.summary), /25 'error' listeners/);
    found.push(error.message.split('\n')[0]);
  }
  assert.equal(found[0], found[1]);
});

test('nothing of the work runs here, and healthy work passes', async () => {
  const file = module('healthy.mjs', 'globalThis.ran = true; export default () => ({});');
  const summary = await assertNoLeak(file, isolated);
  assert.notEqual(summary.verdict, 'leak');
  assert.equal(globalThis.ran, undefined);
});

test('what the work throws comes through, and what never ends is told', async () => {
  await assert.rejects(assertNoLeak(bad.throws, isolated), { name: 'RangeError', message: 'no such user' });
  await assert.rejects(assertNoLeak(bad.neverSettles, { ...isolated, timeout: 300 }), { code: 'ERR_LEAKSCAN_TIMEOUT' });
  const stuck = module('stuck.cjs', 'module.exports = () => { for (;;); };');
  await assert.rejects(assertNoLeak(stuck, { ...isolated, timeout: 100 }), { code: 'ERR_LEAKSCAN_TIMEOUT', message: /its process was ended$/ });
  const file = module('ends.cjs', 'module.exports = () => process.exit(7);');
  await assert.rejects(assertNoLeak(file, isolated), { code: 'ERR_LEAKSCAN_CHILD', message: /ended \(exit code 7\)/ });
});

test('work that cannot be found elsewhere is refused, with what is there', async () => {
  const wrong = { code: 'ERR_LEAKSCAN_INVALID_ARG' };
  await assert.rejects(assertNoLeak(new URL('leaking.cjs', subjects), { ...isolated, export: 'nothing' }), {
    ...wrong,
    message: /^expected a function `nothing` to be exported by .*leaking\.cjs, found listener, interval, /,
  });
  const file = module('closure.cjs', 'exports.make = () => () => {};');
  await assert.rejects(assertNoLeak(require(file).make(), isolated), { ...wrong, message: /^expected the function \(without a name\) to be exported/ });
  await assert.rejects(assertNoLeak(Math.max, isolated), wrong);
  await assert.rejects(assertNoLeak(new URL('leaking.cjs', subjects), {}), wrong);
});

for (const { line, path: node } of nodes()) {
  test(`ES modules, TypeScript where Node.js knows it, and flags (Node.js ${line})`, () => {
    const work = module('work.mts', 'const all: number[][] = []; export default (): void => void all.push([all.length]);');
    const text = `require(${JSON.stringify(require.resolve('../assert.js'))}).assertNoLeak(${JSON.stringify(line >= 24 ? work : module('work.mjs', 'const all = []; export default () => void all.push([all.length]);'))},
      { isolate: true, evidence: false }).catch((error) => console.log(error.message.split('\\n')[0]))`;
    // The flags of a test runner, and their values, are not for the child.
    const printed = execFileSync(node, ['--max-old-space-size=300', '--test-name-pattern', 'all', '-e', text], { encoding: 'utf8' });
    assert.match(printed, /^grew by 1 per round over 20 rounds: 25 elements in array all /);
  });
}
