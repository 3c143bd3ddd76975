'use strict';
// capture() in a process of its own. process.argv[2] says what, process.argv[3] is a directory for files.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const fs = require('node:fs');
const path = require('node:path');
const v8 = require('node:v8');
const { Worker } = require('node:worker_threads');

const { readdirSync, readFileSync, statSync, writeFileSync, writeSync } = fs;
let diskIsFull = false;
fs.writeSync = (...args) => {
  if (diskIsFull) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
  return writeSync(...args);
};

const { capture, diff, parse, summarize } = require('../..');
const [, , what, directory] = process.argv;

class Session {
  constructor(number) {
    this.text = `session ${number} `.repeat(40);
  }
}
const sessions = [];
globalThis.sessions = sessions;
const open = (count) => {
  for (let i = 0; i < count; i++) sessions.push(new Session(i));
};

/** A stream as V8's: everything is pushed while it is read for the first time, and then the end, or a failure. */
function stream(chunks, failure) {
  const { Readable } = require('node:stream');
  return new Readable({
    read() {
      for (const chunk of chunks) this.push(chunk);
      if (failure) this.destroy(failure);
      else this.push(null);
    },
  });
}

/** Does something while V8's snapshot is another's. */
async function withSnapshot(make, use) {
  const { getHeapSnapshot } = v8;
  v8.getHeapSnapshot = make;
  try {
    return await use();
  } finally {
    v8.getHeapSnapshot = getHeapSnapshot;
  }
}

const works = {
  /** Of one process, by the same ids, what leaks between two, and nothing of leakscan's own. */
  async growth() {
    open(20);
    (await capture()).dispose();
    const first = await capture();
    const second = await capture();
    const quiet = summarize([first, second]);
    assert.deepEqual([quiet.verdict, quiet.findings], ['clean', []], String(quiet));
    assert.equal(quiet.identity, 'same-process');
    open(300);
    const third = await capture();
    const sessionsOf = diff(second, third).classes.find(({ name }) => name === 'Session');
    assert.deepEqual([sessionsOf.addedCount, sessionsOf.removedCount], [300, 0]);
    const summary = summarize([second, third], { rounds: 300 });
    assert.equal(summary.verdict, 'leak', String(summary));
    assert.equal(summary.findings[0].growth.perRound, 1);
    assert.equal(summary.findings.length, 1, String(summary));

    const { capture: cost } = third;
    for (const name of ['heapUsed', 'bytes', 'buildMs', 'writeMs', 'pauseMs', 'leakscanMs', 'totalMs']) {
      assert.ok(cost[name] > 0, `${name}: ${cost[name]}`);
    }
    assert.ok(cost.leakscanMs <= cost.writeMs && cost.pauseMs <= cost.totalMs);
    assert.equal(parse(v8.writeHeapSnapshot(path.join(directory, 'any.heapsnapshot'))).capture, undefined);
    return cost;
  },

  /** More bytes than may wait for the parser, which is slower than V8 with one thread. */
  async large() {
    globalThis.many = Array.from({ length: 90_000 }, (_, i) => ({ i, text: `text ${i}`, next: {} }));
    const phases = new Set();
    const snapshot = await capture({ threads: 1, onProgress: ({ phase }) => phases.add(phase) });
    assert.ok(snapshot.capture.bytes > 18e6, `${snapshot.capture.bytes}`);
    assert.ok(snapshot.nodeCount > 270_000);
    assert.deepEqual([...phases], ['capturing', 'reading', 'analyzing']);
    // Nothing piles up in the stream.
    const { getHeapSnapshot } = v8;
    let most = 0;
    await withSnapshot(
      () => {
        const own = getHeapSnapshot();
        const { _read } = own;
        own._read = function (size) {
          const { push } = this;
          this.push = function (chunk) {
            const answer = push.call(this, chunk);
            most = Math.max(most, this.readableLength);
            return answer;
          };
          return _read.call(this, size);
        };
        return own;
      },
      async () => (await capture()).dispose(),
    );
    assert.ok(most <= 1 << 20, `${most} bytes waited in the stream`);
  },

  async saveTo() {
    const target = path.join(directory, 'saved.heapsnapshot');
    const { nodeCount, capture: cost } = await capture({ saveTo: target });
    assert.equal(parse(target).nodeCount, nodeCount);
    assert.equal(cost.savedTo, target);
    assert.equal(statSync(target).size, cost.bytes);
    if (process.platform !== 'win32') assert.equal(statSync(target).mode & 0o777, 0o600);
    assert.deepEqual(readdirSync(directory), ['saved.heapsnapshot']);

    // What fails leaves the older file as it was, and nothing beside it.
    writeFileSync(target, 'older');
    const failure = new Error('broken');
    await withSnapshot(
      () => stream([Buffer.from('{"snapshot":')], failure),
      () => assert.rejects(capture({ saveTo: target }), (error) => error === failure),
    );
    await withSnapshot(
      () => stream([Buffer.from('{"snapshot":nonsense')]),
      () => assert.rejects(capture({ saveTo: target }), { code: 'ERR_LEAKSCAN_SYNTAX' }),
    );
    const missing = path.join(directory, 'missing', 'file');
    await assert.rejects(capture({ saveTo: missing }), { code: 'ERR_LEAKSCAN_IO' });
    diskIsFull = true;
    await assert.rejects(capture({ saveTo: target }), { code: 'ERR_LEAKSCAN_IO', message: /no space/ });
    assert.deepEqual(readdirSync(directory), ['saved.heapsnapshot']);
    assert.equal(readFileSync(target, 'utf8'), 'older');
  },

  async one() {
    const first = capture();
    await assert.rejects(capture(), { code: 'ERR_LEAKSCAN_BUSY' });
    (await first).dispose();
    (await capture()).dispose();
  },

  /** A lock that a terminated worker had is free again. */
  async terminated() {
    const worker = new Worker(
      `const { capture } = require(${JSON.stringify(path.join(__dirname, '../..'))});
       const v8 = require('node:v8');
       const { Readable } = require('node:stream');
       v8.getHeapSnapshot = () => new Readable({ read() {} });
       capture();
       setImmediate(() => require('node:worker_threads').parentPort.postMessage('under way'));`,
      { eval: true },
    );
    await once(worker, 'message');
    await assert.rejects(capture(), { code: 'ERR_LEAKSCAN_BUSY' });
    await worker.terminate();
    (await capture()).dispose();
  },

  async signal() {
    const reason = new Error('enough');
    await assert.rejects(capture({ signal: AbortSignal.abort(reason) }), (error) => error === reason);
    for (const phase of ['capturing', 'reading', 'analyzing']) {
      const controller = new AbortController();
      const target = path.join(directory, 'aborted.heapsnapshot');
      const aborted = capture({
        saveTo: target,
        signal: controller.signal,
        onProgress: (progress) => progress.phase === phase && controller.abort(reason),
      });
      await assert.rejects(aborted, (error) => error === reason, phase);
      assert.deepEqual(readdirSync(directory), []);
    }
    await assert.rejects(
      capture({
        onProgress: () => {
          throw reason;
        },
      }),
      (error) => error === reason,
    );
    (await capture()).dispose();
  },

  /** Who allocated what leaks, from the capture that asks for it to the one that ends it. */
  async allocations() {
    const target = path.join(directory, 'traced.heapsnapshot');
    const record = () => JSON.parse(readFileSync(target, 'utf8')).snapshot.trace_function_count;
    const serve = (count) => open(count); // serve
    serve(20);
    (await capture()).dispose();
    const first = await capture({ trackAllocations: true });
    serve(200);
    (await capture({ saveTo: target })).dispose();
    assert.ok(record() > 0, 'it goes on');
    serve(100);
    const second = await capture({ trackAllocations: false, saveTo: target });
    assert.ok(record() > 0);
    const [finding, ...others] = summarize([first, second], { rounds: 300 }).findings;
    assert.deepEqual([finding.growth.count, others.length], [300, 0]);
    const { allocatedBy, allocatedCount } = finding.evidence;
    // Since Node.js 22 the constructor is told too.
    assert.match(allocatedBy, /^(?:Session \(live\/capture\.cjs:\d+:\d+\) < )?open \(live\/capture\.cjs:\d+:\d+\) < serve \(live\/capture\.cjs:\d+:\d+\) < allocations \(/);
    const source = readFileSync(__filename, 'utf8').split('\n');
    assert.equal(Number(/serve \(live\/capture\.cjs:(\d+)/.exec(allocatedBy)[1]), 1 + source.findIndex((line) => line.endsWith('// serve')));
    // A constructor that V8 inlines on the way makes another stack: the commonest has most of them, not all.
    assert.ok(allocatedCount >= 100 && allocatedCount <= 300, `${allocatedCount}`);
    assert.match(String(summarize([first, second])), /made by +(Session|open) \(live/);
    (await capture({ saveTo: target })).dispose();
    assert.equal(record(), 0, 'it has ended');
    const worker = new Worker('setInterval(() => {}, 1000)', { eval: true });
    await assert.rejects(capture({ trackAllocations: true, worker }), { code: 'ERR_LEAKSCAN_INVALID_ARG' });
    await worker.terminate();
    // A record that goes on does not keep the process running.
    (await capture({ trackAllocations: true })).dispose();
  },

  async worker() {
    const worker = new Worker(
      `class OfTheWorker {}; globalThis.kept = Array.from({ length: 77 }, () => new OfTheWorker());
       require('node:worker_threads').parentPort.postMessage('there');
       setInterval(() => {}, 1000);`,
      { eval: true },
    );
    await once(worker, 'message');
    const snapshot = await capture({ worker });
    assert.equal(snapshot.instances('OfTheWorker').length, 77);
    // Node.js itself would crash if the worker ended now: it ends when the capture has.
    const { terminate } = worker;
    const ended = [];
    const onProgress = ({ phase }) => phase === 'capturing' && ended.push(worker.terminate());
    assert.equal((await capture({ worker, onProgress })).instances('OfTheWorker').length, 77);
    assert.ok(ended.length > 0 && worker.terminate === terminate);
    await Promise.all(ended);
    await assert.rejects(capture({ worker }), { code: 'ERR_LEAKSCAN_INVALID_ARG' });
  },

  async memory() {
    process.availableMemory = () => 10e6;
    const figures = await capture().then(assert.fail, ({ code, memory }) => {
      assert.equal(code, 'ERR_LEAKSCAN_MEMORY');
      return memory;
    });
    assert.deepEqual([figures.available, figures.basis], [10e6, 'model']);
    assert.ok(figures.needed > 10e6 && figures.needed > 5 * figures.heapUsed);
    assert.ok(figures.expectedPauseMs > 0);
    (await capture({ force: true })).dispose();
    const later = await capture().then(assert.fail, ({ memory }) => memory);
    assert.equal(later.basis, 'measured');
    // A container's limit counts too.
    process.availableMemory = () => 100e9;
    process.constrainedMemory = () => process.memoryUsage.rss() + 1e6;
    await assert.rejects(capture(), ({ code, memory, message }) => {
      assert.equal(code, 'ERR_LEAKSCAN_MEMORY');
      assert.match(message, /container/);
      return memory.limit > 10e6 && memory.available < 20e6;
    });
  },
};

works[what]().then((answer) => console.log(JSON.stringify(answer ?? null)), (error) => {
  console.error(error);
  process.exitCode = 1;
});
