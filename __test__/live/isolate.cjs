'use strict';
// `isolate: 'process'` in a process of its own. process.argv[2] says what, process.argv[3] is a directory for files.

const assert = require('node:assert/strict');
const childProcess = require('node:child_process');
const { once } = require('node:events');
const { createReadStream, readFileSync, writeFileSync } = require('node:fs');
const path = require('node:path');
const { Readable } = require('node:stream');
const v8 = require('node:v8');
const { Worker } = require('node:worker_threads');

/** The children that leakscan has started. */
const children = [];
const { spawn } = childProcess;
childProcess.spawn = (...args) => {
  const child = spawn(...args);
  children.push(child);
  return child;
};
const leakscan = require('../..');
const { auditListenersAsync, capture, diff, diffAsync, parse, parseAsync, summarize, summarizeAsync, trendAsync } = leakscan;
const [, , what, directory] = process.argv;

const isolate = 'process';
/** Waits until a child has ended; by itself it holds nobody up. */
const ended = (child) => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.ref();
  return once(child, 'exit');
};
const STYLES = [{}, { width: 60 }, { color: true }, { bytes: true, limit: 2 }, { format: 'markdown' }, { format: 'html' }];

class Session {
  constructor(number) {
    this.text = `session ${number} `.repeat(40);
  }
}
const sessions = (exports.sessions = []);
const open = (count) => {
  for (let i = 0; i < count; i++) sessions.push(new Session(i));
};
const file = (name) => path.join(directory, name);

/** Two snapshots of this process as files. */
function files() {
  open(20);
  v8.writeHeapSnapshot(file('throw-away'));
  const before = v8.writeHeapSnapshot(file('before.heapsnapshot'));
  open(300);
  return [before, v8.writeHeapSnapshot(file('after.heapsnapshot'))];
}

const works = {
  /** What a child answers is what this process answers. */
  async same() {
    const [before, after] = files();
    const own = parse(after);
    const there = await parseAsync(after, { isolate });
    assert.deepEqual([there.nodeCount, there.edgeCount, there.totalSize, there.meta], [own.nodeCount, own.edgeCount, own.totalSize, own.meta]);
    assert.deepEqual(JSON.stringify(there), JSON.stringify(own));
    assert.equal(there.capture, undefined);
    const [{ key }] = own.classes({ filter: 'Session' });
    const [{ id }] = own.instances(key);
    for (const [question, ...args] of [
      ['statistics'],
      ['classes', { limit: 7, sortBy: 'count' }],
      ['instances', key, { limit: 3 }],
      ['find', { className: 'Session', limit: 2 }],
      ['node', id],
      ['edges', id],
      ['retainers', id],
      ['dominator', id],
      ['dominated', id],
      ['retainingPaths', id],
      ['duplicateStrings', { limit: 3 }],
      ['columns'],
    ]) {
      assert.deepEqual(await there[question](...args), own[question](...args), question);
    }
    await assert.rejects(there.node(999_999_999), { code: 'ERR_LEAKSCAN_UNKNOWN_NODE' });
    await assert.rejects(there.node('x'), (error) => error.code === 'ERR_LEAKSCAN_INVALID_ARG' && error instanceof TypeError);
    await assert.rejects(there.classes({ filter: () => {} }), { code: 'ERR_LEAKSCAN_INVALID_ARG' });

    const options = { rounds: 300, unit: 'visit' };
    const pairs = [
      [await summarizeAsync([before, there], options), summarize([before, after], options)],
      [await diffAsync(before, after, { isolate }), diff(before, after)],
      [await trendAsync([before, after], { isolate, ...options }), leakscan.trend([before, after], options)],
      [await auditListenersAsync([createReadStream(before), readFileSync(after)], { isolate }), leakscan.auditListeners([before, after])],
    ];
    assert.equal(pairs[0][0].findings[0].growth.perRound, 1);
    for (const [theirs, ours] of pairs) {
      assert.equal(theirs.constructor, ours.constructor);
      assert.deepEqual(theirs.toJSON(), ours.toJSON());
      for (const style of STYLES) assert.equal(theirs.toString(style), ours.toString(style));
    }
    // The ids of a diff, as long as its snapshots are there.
    const earlier = await parseAsync(readFileSync(before), { isolate });
    const compared = await diffAsync(earlier, there);
    assert.deepEqual(await compared.added(key, { limit: 5 }), diff(before, after).added(key, { limit: 5 }));
    assert.equal((await summarizeAsync(compared)).verdict, 'leak');
    assert.equal(children.length, 4, 'snapshots share a child, all else has one of its own');
    earlier.dispose();
    await assert.rejects(compared.added(key), { code: 'ERR_LEAKSCAN_DISPOSED' });
    await assert.rejects(pairs[1][0].added(key), { code: 'ERR_LEAKSCAN_INVALID_ARG' });

    there.dispose();
    there.dispose();
    assert.throws(() => there.nodeCount, { code: 'ERR_LEAKSCAN_DISPOSED' });
    await assert.rejects(there.statistics(), { code: 'ERR_LEAKSCAN_DISPOSED' });
    await Promise.all(children.map(ended));
  },

  /** Of one process, by the same ids, what leaks between two, and nothing of leakscan's own. */
  async captured() {
    open(20);
    (await capture({ isolate })).dispose();
    const saveTo = file('saved.heapsnapshot');
    const first = await capture({ isolate, saveTo });
    const second = await capture({ isolate });
    const quiet = await summarizeAsync([first, second]);
    assert.deepEqual([quiet.verdict, quiet.identity], ['clean', 'same-process'], String(quiet));
    open(300);
    globalThis.many = Array.from({ length: 60_000 }, (_, i) => ({ i, text: `text ${i}`, next: {} }));
    const phases = new Set();
    const third = await capture({ isolate, threads: 1, onProgress: ({ phase }) => phases.add(phase) });
    assert.deepEqual([...phases], ['capturing', 'reading', 'analyzing']);
    const compared = await diffAsync(second, third);
    assert.equal(compared.classes.find(({ name }) => name === 'Session').addedCount, 300);
    const { capture: cost } = first;
    for (const name of ['heapUsed', 'bytes', 'buildMs', 'writeMs', 'pauseMs', 'leakscanMs', 'totalMs']) assert.ok(cost[name] > 0, name);
    assert.equal(cost.savedTo, saveTo);
    assert.equal(parse(saveTo).nodeCount, first.nodeCount);
    assert.equal(await capture({ isolate, force: 1 }).catch(({ code }) => code), 'ERR_LEAKSCAN_INVALID_ARG');
    assert.equal(children.length, 2);
    for (const snapshot of [first, second, third]) snapshot.dispose();
    await Promise.all(children.map(ended));
  },

  /** Sources that fail, that never end, that are not there; two that wait for each other's turn. */
  async sources() {
    const [before, after] = files();
    const failure = new Error('the disk is on fire');
    const failing = () =>
      Readable.from(
        (async function* () {
          yield Buffer.from('{"snapshot":');
          throw failure;
        })(),
      );
    await assert.rejects(parseAsync(failing(), { isolate }), (error) => error === failure);
    await assert.rejects(summarizeAsync([before, failing()], { isolate }), (error) => error === failure);
    await assert.rejects(parseAsync(Readable.from([7]), { isolate }), { code: 'ERR_LEAKSCAN_INVALID_ARG' });
    const broken = readFileSync(after).subarray(0, 1e6);
    const ours = await parseAsync(broken).catch((error) => error);
    const theirs = await parseAsync(broken, { isolate }).catch((error) => error);
    assert.deepEqual([theirs.code, theirs.message, theirs.section, theirs.offset], [ours.code, ours.message, ours.section, ours.offset]);
    assert.equal(ours.code, 'ERR_LEAKSCAN_TRUNCATED');
    await assert.rejects(parseAsync(file('missing'), { isolate }), { code: 'ERR_LEAKSCAN_IO' });
    // The stream of what is not a snapshot is closed, though more would come.
    const endless = new Readable({ read: () => endless.push(Buffer.alloc(1000, 'x')) });
    await assert.rejects(parseAsync(endless, { isolate }), { code: 'ERR_LEAKSCAN_NOT_A_SNAPSHOT' });
    if (!endless.closed) await once(endless, 'close');
    const [first, second] = await Promise.all([
      diffAsync(createReadStream(before), createReadStream(after), { isolate }),
      diffAsync(createReadStream(before, { highWaterMark: 1000 }), createReadStream(after), { isolate }),
    ]);
    assert.deepEqual(first.toJSON(), second.toJSON());
    const [one, two] = await Promise.all([parseAsync(createReadStream(before), { isolate }), parseAsync(createReadStream(after), { isolate })]);
    assert.notEqual(one.nodeCount, two.nodeCount);
    // What is of this process stays here.
    await assert.rejects(diffAsync(parse(before), two), { code: 'ERR_LEAKSCAN_INVALID_ARG', message: /one of this process/ });
    await assert.rejects(summarizeAsync(parse(before), { isolate }), { code: 'ERR_LEAKSCAN_INVALID_ARG' });
    assert.throws(() => summarize(two), { code: 'ERR_LEAKSCAN_INVALID_ARG' });
    await assert.rejects(auditListenersAsync({ isolate }), { code: 'ERR_LEAKSCAN_INVALID_ARG' });
    await assert.rejects(parseAsync(before, { isolate: 'thread' }), { code: 'ERR_LEAKSCAN_INVALID_ARG' });
  },

  async aborted() {
    const [before] = files();
    const reason = new Error('enough');
    await assert.rejects(parseAsync(before, { isolate, signal: AbortSignal.abort(reason) }), (error) => error === reason);
    assert.equal(children.length, 0);
    const kept = await parseAsync(before, { isolate });
    for (const phase of ['capturing', 'reading', 'analyzing']) {
      const controller = new AbortController();
      const onProgress = (progress) => progress.phase === phase && controller.abort(reason);
      await assert.rejects(capture({ isolate, onProgress, signal: controller.signal }), (error) => error === reason, phase);
    }
    const onProgress = () => {
      throw reason;
    };
    await assert.rejects(summarizeAsync(before, { isolate, onProgress }), (error) => error === reason);
    // What was asked of a child of its own has ended it; the snapshot's goes on.
    await ended(children[1]);
    assert.equal((await kept.classes({ limit: 1 })).length, 1);
    assert.equal(children.length, 2);
    (await capture({ isolate })).dispose();
  },

  /** What captures by itself can have it done elsewhere. */
  async unattended() {
    const told = async () => {
      const summary = new Promise((resolve, reject) => Object.assign(exports, { resolve, reject }));
      process.emit('SIGUSR2');
      return summary;
    };
    const signals = leakscan.onSignal({ dir: directory, isolate, onSummary: (summary) => exports.resolve(summary), onError: (error) => exports.reject(error) });
    assert.equal((await told()).mode, 'single');
    open(300);
    const second = await told();
    assert.deepEqual([second.verdict, second.findings[0].growth.count], ['leak', 300], String(second));
    signals.close();
    assert.equal(children.length, 2);
    await Promise.all(children.map(ended));
    assert.throws(() => leakscan.watch({ capture: { isolate: 'thread' } }), { code: 'ERR_LEAKSCAN_INVALID_ARG' });
  },

  /** A child that is killed, at rest and while V8 writes to it. */
  async killed() {
    const first = await capture({ isolate });
    children[0].kill('SIGKILL');
    await assert.rejects(first.classes(), ({ code, message }) => code === 'ERR_LEAKSCAN_CHILD' && /SIGKILL|exit code/.test(message));
    await assert.rejects(first.classes(), { code: 'ERR_LEAKSCAN_CHILD' });
    const second = await capture({ isolate });
    await assert.rejects(diffAsync(first, second), { code: 'ERR_LEAKSCAN_CHILD' });
    assert.equal((await second.classes({ limit: 1 })).length, 1);
    second.dispose();
    first.dispose();
    const onProgress = ({ phase, done }) => phase === 'capturing' && done === 1 && children.at(-1).kill('SIGKILL');
    await assert.rejects(capture({ isolate, onProgress, saveTo: file('saved') }), { code: 'ERR_LEAKSCAN_CHILD' });
    (await capture({ isolate })).dispose();
    const executable = process.execPath;
    process.execPath = file('no-such-node');
    await assert.rejects(capture({ isolate }), { code: 'ERR_LEAKSCAN_CHILD', message: /started/ });
    await assert.rejects(summarizeAsync(file('x'), { isolate }), { code: 'ERR_LEAKSCAN_CHILD', message: /started/ });
    process.execPath = executable;
    (await capture({ isolate })).dispose();
  },

  /** A child that is stopped takes nothing: the service goes on all the same. */
  async stopped() {
    if (process.platform === 'win32') return;
    // More than may wait here.
    globalThis.many = Array.from({ length: 90_000 }, (_, i) => ({ i, text: `text ${i}`, next: {} }));
    const { performance } = globalThis;
    const { now } = performance;
    const onProgress = ({ phase, done }) => {
      if (phase !== 'capturing' || done !== 1) return;
      children.at(-1).kill('SIGSTOP');
      // Ten seconds, so that nobody waits for them.
      performance.now = () => now.call(performance) * 100;
    };
    await assert.rejects(capture({ isolate, onProgress }), { code: 'ERR_LEAKSCAN_CHILD', message: /taken nothing/ });
    delete performance.now;
    await ended(children[0]);
    (await capture({ isolate })).dispose();
  },

  /** In a worker, which is terminated. */
  async worker() {
    const worker = new Worker(
      `const childProcess = require('node:child_process');
       const { parentPort } = require('node:worker_threads');
       const { spawn } = childProcess;
       childProcess.spawn = (...args) => {
         const child = spawn(...args);
         parentPort.postMessage(child.pid);
         return child;
       };
       const { capture } = require(${JSON.stringify(path.join(__dirname, '../..'))});
       class OfTheWorker {}
       globalThis.kept = Array.from({ length: 77 }, () => new OfTheWorker());
       (async () => {
         const snapshot = await capture({ isolate: 'process' });
         const found = await snapshot.instances('OfTheWorker');
         parentPort.postMessage(found.length);
         setInterval(() => snapshot, 1000);
       })();`,
      { eval: true },
    );
    const [pid] = await once(worker, 'message');
    const [count] = await once(worker, 'message');
    assert.equal(count, 77);
    await worker.terminate();
    await gone(pid);
  },

  /** Prints the child's number, and waits to be ended; see `outlived`. */
  async outlive() {
    exports.snapshot = await capture({ isolate });
    console.log(children[0].pid);
    await new Promise(() => setInterval(() => {}, 1000));
  },

  /** A child ends with its parent, even if that is killed. */
  async outlived() {
    const parent = spawn(process.execPath, [__filename, 'outlive', directory], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [chunk] = await once(parent.stdout, 'data');
    parent.kill('SIGKILL');
    await gone(Number(String(chunk)));
  },

  /** A snapshot that is open, or forgotten, does not keep a process alive; see the test, too. */
  async idle() {
    exports.snapshot = await capture({ isolate });
    open(3);
  },

  /** What is meant for this program is not for the child. */
  async environment() {
    const hook = file('hook.cjs');
    writeFileSync(hook, 'if (/isolate.child\\.js$/.test(process.argv[1])) process.exit(7);');
    process.env.NODE_OPTIONS = `--require ${JSON.stringify(hook)} --max-old-space-size=8`;
    process.execArgv.push('--inspect-brk');
    const snapshot = await capture({ isolate });
    assert.ok(snapshot.nodeCount > 1000);
    snapshot.dispose();
    // What nobody disposed is let go of when it is collected.
    v8.setFlagsFromString('--expose-gc');
    const gc = require('node:vm').runInNewContext('gc');
    await capture({ isolate });
    for (let round = 0; round < 100 && children.at(-1).exitCode === null && children.at(-1).signalCode === null; round++) {
      gc();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await ended(children.at(-1));
  },
};

/** Waits until a process has ended. @param {number} pid */
async function gone(pid) {
  for (;;) {
    try {
      process.kill(pid, 0);
      // A process that has ended may still be in the list until its parent, or who took it over, has looked.
      if (process.platform === 'linux' && /^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))) return;
    } catch {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

works[what]().then(() => what === 'outlive' || console.log('true'), (error) => {
  console.error(error);
  process.exit(1);
});
