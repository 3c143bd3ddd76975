'use strict';
// leakscan in worker threads: in several at once, and in one that ends in the middle of a job.

const assert = require('node:assert/strict');
const { execFileSync, spawnSync } = require('node:child_process');
const { once } = require('node:events');
const path = require('node:path');
const { after, before, test } = require('node:test');
const { Worker } = require('node:worker_threads');
const { parse } = require('..');
const { takeSnapshot, temporaryDirectory, writeLargeSnapshot } = require('./inputs.cjs');

const leakscan = JSON.stringify(path.join(__dirname, '..'));
const directory = temporaryDirectory({ after });
const real = path.join(directory, 'real.heapsnapshot');
const large = path.join(directory, 'large.heapsnapshot');
before(() => {
  takeSnapshot(real);
  writeLargeSnapshot(large, 30);
});

/** A worker with this source; `leakscan`, `parentPort` and `file` are in scope. */
function worker(source, file) {
  const preamble = `const { parentPort } = require('node:worker_threads'); const leakscan = require(${leakscan}); const file = ${JSON.stringify(file)};`;
  return new Worker(`${preamble}\n${source}`, { eval: true });
}

test('several workers at once, each with jobs of its own', async () => {
  const expected = parse(real);
  const source = `(async () => {
    const [first, second] = await Promise.all([leakscan.parseAsync(file), leakscan.parseAsync(file)]);
    const delta = await leakscan.diffAsync(first, second);
    const third = leakscan.parse(file);
    try { leakscan.parse('missing') } catch (error) {
      parentPort.postMessage({
        classes: third.classes(), columns: second.columns(), changes: delta.classes.length,
        code: error.code, isError: error instanceof leakscan.LeakscanError,
      });
    }
  })()`;
  const answers = await Promise.all(
    Array.from({ length: 6 }, async () => {
      const thread = worker(source, real);
      const [answer] = await once(thread, 'message');
      await thread.terminate();
      return answer;
    }),
  );
  for (const { classes, columns, changes, code, isError } of answers) {
    assert.deepEqual(classes, expected.classes());
    assert.deepEqual(columns, expected.columns());
    assert.equal(changes, 0);
    assert.equal(code, 'ERR_LEAKSCAN_IO');
    assert.equal(isError, true);
  }
});

test('a worker that is terminated in the middle of jobs takes nothing with it', () => {
  // In a process of its own, because what could go wrong ends the process.
  const script = `
    const { once } = require('node:events');
    const { Worker } = require('node:worker_threads');
    const leakscan = require(${leakscan});
    const large = ${JSON.stringify(large)};
    const source = \`
      const { parentPort } = require('node:worker_threads');
      const leakscan = require(${leakscan});
      const begun = new Set();
      for (let i = 0; i < 3; i++) {
        leakscan.parseAsync(\${JSON.stringify(large)}, {
          onProgress: () => { begun.add(i); if (begun.size === 3) parentPort.postMessage('working') },
        });
      }\`;
    (async () => {
      for (let round = 0; round < 4; round++) {
        const thread = new Worker(source, { eval: true });
        await once(thread, 'message');
        const own = leakscan.parseAsync(large);
        await thread.terminate();
        const snapshot = await own;
        snapshot.dispose();
      }
      console.log('alive');
    })()`;
  assert.equal(execFileSync(process.execPath, ['-e', script], { encoding: 'utf8' }).trim(), 'alive');
});

test('process.exit() in the middle of a job ends the process at once, in order', () => {
  const script = `
    const { parseAsync } = require(${leakscan});
    parseAsync(${JSON.stringify(large)}, { onProgress: () => process.exit(7) }).then(() => process.exit(1), () => process.exit(2));`;
  const { status, signal } = spawnSync(process.execPath, ['-e', script]);
  assert.deepEqual({ status, signal }, { status: 7, signal: null });
});

test('a job holds the process until it is done, a snapshot does not', () => {
  const script = `
    const { parseAsync } = require(${leakscan});
    let kept;
    parseAsync(${JSON.stringify(real)}).then((snapshot) => { kept = snapshot; console.log(kept.nodeCount > 0) });`;
  assert.equal(execFileSync(process.execPath, ['-e', script], { encoding: 'utf8' }).trim(), 'true');
});
