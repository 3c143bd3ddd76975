'use strict';
// watchdog() in a process of its own, which gets stuck on purpose. process.argv[2] is a directory for reports.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { readdirSync, readFileSync, rmSync } = require('node:fs');
const inspector = require('node:inspector');
const path = require('node:path');
const { capture, diff, parse, watchdog } = require('../..');

const directory = process.argv[2];
const lines = readFileSync(__filename, 'utf8').split('\n');
const lineOf = (mark) => 1 + lines.findIndex((line) => line.endsWith(`// ${mark}`));

/** Loops until the watchdog has written its report: it must come while the thread is stuck. */
function stuck() {
  while (readdirSync(directory).length === 0); // stuck here
}

/** The same until the report tells of a snapshot. */
function stuckLonger() {
  while (!readdirSync(directory).some((file) => file.endsWith('.json') && /"snapshot/.test(readFileSync(path.join(directory, file), 'utf8'))));
}

class Stuck {}

(async () => {
  // Longer than this machine's other pauses; a capture's own are known to be none.
  const dog = watchdog({ timeout: 1000, dir: directory, limit: 2 });
  assert.throws(() => watchdog(), { code: 'ERR_LEAKSCAN_BUSY' });
  for (let i = 0; i < 30; i++) process.on('beforeExit', () => i); // listener
  const before = await capture();
  const heard = once(dog, 'stuck');
  stuck();
  const [report] = await heard;
  const [file] = readdirSync(directory);
  assert.equal(report.file, path.join(directory, file));
  assert.deepEqual(JSON.parse(readFileSync(report.file, 'utf8')).stack, report.stack);
  const frame = report.stack.find(({ functionName }) => functionName === 'stuck');
  assert.deepEqual([frame.url, frame.line], [__filename, lineOf('stuck here')]);
  assert.ok(report.stuckForMs >= 1000);
  assert.ok(report.memory.rss > 1e6);
  const listeners = report.listeners.emitters.find(({ name }) => name === 'process').events.find(({ event }) => event === 'beforeExit');
  assert.deepEqual([listeners.count, listeners.sites[0].location.line], [30, lineOf('listener')]);
  // The thread goes on, nobody is paused, and objects keep their numbers.
  await new Promise((resolve) => setTimeout(resolve, 50));
  const after = await capture();
  assert.equal(diff(before, after).identity, 'same-process');
  assert.equal(inspector.url(), undefined);
  await dog.close();
  await dog.close();
  assert.equal(Reflect.ownKeys(globalThis).includes(Symbol.for('leakscan.examine')), false);

  // With a snapshot, or why there is none.
  assert.throws(() => watchdog({ snapshot: true }), { code: 'ERR_LEAKSCAN_INVALID_ARG' });
  globalThis.kept = Array.from({ length: 55 }, () => new Stuck());
  const { availableMemory } = process;
  for (const isShort of [false, true]) {
    for (const name of readdirSync(directory)) rmSync(path.join(directory, name));
    const thorough = watchdog({ timeout: 1000, dir: directory, snapshot: true });
    if (isShort) process.availableMemory = () => 1e6;
    const told = once(thorough, 'stuck');
    stuckLonger();
    const [found] = await told;
    if (isShort) assert.match(found.snapshotMissing, /too little memory/);
    else assert.equal(parse(found.snapshot).instances('Stuck').length, 55);
    assert.ok(found.stack && found.memory);
    assert.equal(JSON.parse(readFileSync(found.file, 'utf8')).snapshot, found.snapshot);
    process.availableMemory = availableMemory;
    await thorough.close();
  }
  console.log('true');
})().catch((error) => {
  console.error(error);
  process.exit(1);
});
