// `leakscan/assert`, without a test framework's help: what fails, what passes, and what the messages say. How the assertions
// do in Jest, Vitest, Mocha and node:test: frameworks.test.mjs.

import assert from 'node:assert/strict';
import { AssertionError } from 'node:assert';
import { EventEmitter, once } from 'node:events';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import net from 'node:net';
import path from 'node:path';
import { after, test } from 'node:test';

const require = createRequire(import.meta.url);
const { capture, parse, summarize } = require('..');
const {
  assertCollected,
  assertMaxGrowth,
  assertMaxInstances,
  assertNoFindings,
  assertNoLeak,
  assertNoNewHandles,
  assertNoNewListeners,
  assertNoNewTimers,
} = require('../assert.js');
const { temporaryDirectory } = require('./inputs.cjs');
const leaking = require('./frameworks/subjects/leaking.cjs');

const directory = temporaryDirectory({ after });
const FAILURE = { name: 'AssertionError', code: 'ERR_LEAKSCAN_LEAK' };
const kept = [];

class Session {
  text = 'x'.repeat(100);
}

/** The failure of an assertion. */
async function failure(promise) {
  const error = await promise.then(
    () => assert.fail('expected a failure'),
    (thrown) => thrown,
  );
  assert.equal(error.code, 'ERR_LEAKSCAN_LEAK', error);
  return error;
}

test('assertNoLeak says what leaks, how fast, and keeps the snapshots', async () => {
  const evidence = path.join(directory, 'evidence');
  const error = await failure(assertNoLeak(leaking.listener, { evidence, name: 'a listener' }));
  assert.ok(error instanceof AssertionError);
  assert.match(error.message, /^grew by 1 per round over 20 rounds: 25 'error' listeners on EventEmitter, all created at .*leaking\.cjs:9:\d+\n/);
  assert.match(error.message, /signature:[0-9a-f]{16}/);
  assert.equal(error.summary.verdict, 'leak');
  assert.equal(error.evidence.length, 3);
  for (const file of error.evidence) {
    assert.equal(path.dirname(file), evidence);
    if (process.platform !== 'win32') assert.equal(statSync(file).mode & 0o077, 0, 'nobody else may read it');
  }
  // They are snapshots, and show the same.
  const again = summarize(error.evidence, { rounds: [7, 13] });
  assert.equal(again.findings[0].signature, error.summary.findings[0].signature);
});

test('assertNoLeak accepts what is ignored', async () => {
  const error = await failure(assertNoLeak(leaking.interval, { evidence: false }));
  assert.deepEqual(error.evidence, []);
  const ignore = [`signature:${error.summary.findings[0].signature}`];
  const summary = await assertNoLeak(leaking.interval, { evidence: false, ignore });
  assert.equal(summary.ignored, 1);
});

test('assertNoLeak finds what comes in every third round only', async () => {
  const error = await failure(assertNoLeak(leaking.everyThird, { evidence: false }));
  assert.match(error.message, /^grew by [\d.]+ per \d rounds over \d+ rounds \(a cycle is \d rounds\): \d+ elements in array visits .*Session\n/);
});

test('work that leaks nothing is not looked at for longer, however often it is asked', async () => {
  for (let time = 1; time <= 4; time++) {
    let rounds = 0;
    await assertNoLeak(() => void rounds++);
    assert.equal(rounds, 5 + 7 + 13);
  }
});

test('work that leaks nothing passes, and leaves no file behind', async () => {
  const evidence = path.join(directory, 'none');
  const summary = await assertNoLeak(() => new Session(), { evidence, rounds: [5, 11], warmup: 2 });
  assert.notEqual(summary.verdict, 'leak');
  assert.deepEqual(existsSync(evidence) ? readdirSync(evidence) : [], []);
});

test('what the work throws comes through as it is', async () => {
  const mine = new RangeError('mine');
  await assert.rejects(assertNoLeak(() => { throw mine; }), (error) => error === mine);
  await assert.rejects(assertNoLeak(async () => { throw mine; }), (error) => error === mine);
});

test('work that never ends is told, and so is what takes too much memory', async () => {
  await assert.rejects(assertNoLeak(() => new Promise(() => {}), { timeout: 100 }), {
    code: 'ERR_LEAKSCAN_TIMEOUT',
    message: /round 1 was under way after 100 ms/,
  });
  const buffers = [];
  const maxHeap = process.memoryUsage().heapUsed + process.memoryUsage().external + 100e6;
  const error = await failure(assertNoLeak(() => buffers.push(Buffer.alloc(60e6)), { maxHeap, evidence: false }));
  assert.match(error.message, /^stopped after \d rounds: more than [\d.]+ MB in use \(option `maxHeap`\); most of it:\n {2}\d+ system \/ JSArrayBufferData, \d+ MB\n/);
  assert.match(error.message, /└ buffers → Array\n/);
});

test('arguments and options are checked', async () => {
  const wrong = { code: 'ERR_LEAKSCAN_INVALID_ARG' };
  await assert.rejects(assertNoLeak('work'), wrong);
  await assert.rejects(assertNoLeak(() => {}, { rounds: [7] }), wrong);
  await assert.rejects(assertNoLeak(() => {}, { round: [7, 13] }), wrong);
  await assert.rejects(assertMaxGrowth(() => {}, {}), wrong);
  await assert.rejects(assertMaxGrowth(() => {}, -1), wrong);
  await assert.rejects(assertNoNewTimers(() => {}, { ignore: [1] }), wrong);
  await assert.rejects(assertCollected(1), wrong);
  assert.throws(() => assertMaxInstances({}, { Session: 1 }), wrong);
});

test('listeners, timers and handles that are left behind are told with their place', async () => {
  const client = new EventEmitter();
  const here = /assert\.test\.mjs:\d+:\d+/.source;
  const listeners = await failure(assertNoNewListeners(() => client.on('data', () => {})));
  assert.match(listeners.message, new RegExp(`^the work left listeners behind:\n  1 'data' listener on EventEmitter, created at .*${here}$`));
  const timers = await failure(assertNoNewTimers(() => kept.push(setInterval(() => {}, 60_000).unref())));
  assert.match(timers.message, new RegExp(`^the work left timers behind:\n  1 interval of 60000 ms, created at .*${here}$`));
  const handles = await failure(assertNoNewHandles(async () => {
    const server = net.createServer(() => {}).listen(0);
    await once(server, 'listening');
    kept.push(server);
  }));
  assert.match(handles.message, /^the work left handles behind:\n  1 handle of the kind Server \(TCP\)/);
  kept.pop().close();
  clearInterval(kept.pop());
});

test('what is cleaned up, or accepted, is not told', async () => {
  const client = new EventEmitter();
  await assertNoNewListeners(() => client.on('data', assert.ok).off('data', assert.ok));
  await assertNoNewListeners(() => client.on('data', () => {}), { ignore: ["'data' listener"] });
  await assertNoNewTimers(async () => {
    const interval = setInterval(() => {}, 1000);
    await new Promise((resolve) => setTimeout(resolve, 1));
    clearInterval(interval);
  });
  await assertNoNewTimers(() => kept.push(setTimeout(() => {}, 54_321).unref()), { ignore: [/54321 ms/] });
  clearTimeout(kept.pop());
  await assertNoNewHandles(async () => {
    const server = net.createServer().listen(0);
    await once(server, 'listening');
    await new Promise((resolve) => server.close(resolve));
  });
});

test('growth has its limits', async () => {
  const error = await failure(assertMaxGrowth(() => kept.push(new Session(), new Session()), { Session: 1 }));
  assert.match(error.message, /^2 more Session, at most 1 expected\n  \+2 Session, /);
  await assertMaxGrowth(() => kept.push(new Session()), { Session: 1 });
  await assertMaxGrowth(() => new Session(), { Session: 0 });
  const bytes = await failure(assertMaxGrowth(() => kept.push(new Array(20_000).fill(0)), 100_000));
  assert.match(bytes.message, /^the heap grew by 1\d\d kB, at most 100 kB expected; most of it:\n  \+\d+ Array, /);
  await assertMaxGrowth(() => new Array(20_000).fill(0).length, 100_000);
});

test('objects are collected, or what keeps them is told', async () => {
  await assertCollected(() => new Session(), { timeout: 2000 });
  await assertCollected(async () => new Session(), { timeout: 2000 });
  const error = await failure(
    assertCollected(
      () => {
        kept.push(new Session());
        return kept.at(-1);
      },
      { label: 'the session', timeout: 100 },
    ),
  );
  assert.match(error.message, /^expected the session to be collected within 100 ms, but it is alive: Session, /);
  assert.match(error.message, /└ .*\[\d+\] → Session/);
});

test('snapshots and summaries are judged as they are', async () => {
  const snapshot = await capture();
  assert.throws(() => assertMaxInstances(snapshot, { Session: 0 }), { ...FAILURE, message: /^\d+ Session, at most 0 expected\n  └ / });
  assertMaxInstances(snapshot, { Session: 1000, NoSuchClass: 0 });
  snapshot.dispose();
  const { summary } = await failure(assertNoLeak(leaking.mapEntry, { evidence: false }));
  const [{ signature, title }] = summary.findings;
  assert.throws(() => assertNoFindings(summary), (error) => error.code === FAILURE.code && error.message.includes(title));
  for (const rule of [`signature:${signature}`, 'cause:unbounded-collection', 'class:Map', { path: '**.cache' }, { className: 'M*', path: '**cache' }]) {
    assertNoFindings(summary, { ignore: [rule] });
    assertNoFindings(JSON.parse(JSON.stringify(summary)), { ignore: [rule] });
  }
  for (const rule of ['cause:timers', 'class:Set', { className: 'Map', path: '**.sessions' }]) {
    assert.throws(() => assertNoFindings(summary, { ignore: [rule] }), FAILURE);
  }
  assert.throws(() => assertNoFindings(parse), { code: 'ERR_LEAKSCAN_INVALID_ARG' });
});
