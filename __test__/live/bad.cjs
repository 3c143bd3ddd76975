'use strict';
// What may go wrong while a service asks about itself: a coded error, or a smaller answer that says what is missing; and the service
// goes on. process.argv[2] says what, process.argv[3] is a directory for files.

const assert = require('node:assert/strict');
const EventEmitter = require('node:events');
const { spawnSync } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const { Session } = require('node:inspector');
const path = require('node:path');
const { gc } = require('./warm-up.cjs');

const { readdirSync, writeSync } = fs;
let diskIsFull = false;
fs.writeSync = (...args) => {
  if (diskIsFull) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
  return writeSync(...args);
};

const leakscan = require('../..');
const { auditHandles, auditListeners, auditListenersAsync, auditTimers, capture, expectCollected, onSignal, sampleAllocations, watch, whyAlive } = leakscan;
const [, , what, directory] = process.argv;
const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Watches growth of which captures are to be told, and resolves with what came of the first; time is the watch's own. */
async function watched() {
  let now = 0;
  const { performance } = globalThis;
  performance.now = () => now;
  const watcher = watch({ interval: 60, minDuration: 1000, minGrowth: 400_000, warmUp: 0, capture: { dir: directory } });
  const samples = [];
  watcher.on('sample', (sample) => samples.push(sample));
  const heard = once(watcher, 'skipped');
  let isHeard = false;
  heard.then(() => (isHeard = true));
  const kept = (exports.kept = []);
  const grow = async () => {
    for (let i = 0; i < 2000; i++) kept.push({ number: i, list: [i] });
    now += 50;
    gc();
    await new Promise((resolve) => setTimeout(resolve, 5));
  };
  while (!isHeard) await grow();
  // It goes on watching.
  const count = samples.length;
  while (samples.length < count + 3) await grow();
  watcher.close();
  delete performance.now;
  return (await heard)[0];
}

const works = {
  async noMemory() {
    process.availableMemory = () => 1e6;
    const { code, memory } = await watched();
    assert.deepEqual([code, memory.available], ['ERR_LEAKSCAN_MEMORY', 1e6]);
    const told = once(process, 'warning');
    const signals = onSignal({ dir: directory });
    process.emit('SIGUSR2');
    assert.equal((await told)[0].code, 'ERR_LEAKSCAN_MEMORY');
    signals.close();
    await assert.rejects(whyAlive(exports), { code: 'ERR_LEAKSCAN_MEMORY' });
    await assert.rejects(expectCollected(exports, 'this', { timeout: 1 }), { code: 'ERR_LEAKSCAN_LEAK', message: /what keeps it is not known: .* available/ });
    await assert.rejects(capture({ isolate: 'process' }), { code: 'ERR_LEAKSCAN_MEMORY' });
    assert.deepEqual(readdirSync(directory), []);
  },

  async noDisk() {
    diskIsFull = true;
    assert.equal((await watched()).code, 'ERR_LEAKSCAN_IO');
    const failures = [];
    const signals = onSignal({ dir: directory, onError: (error) => failures.push(error.code) });
    process.emit('SIGUSR2');
    while (failures.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    assert.deepEqual(failures, ['ERR_LEAKSCAN_IO']);
    signals.close();
    // The next capture is not in the way of one that failed.
    await assert.rejects(capture({ saveTo: path.join(directory, 'x') }), { code: 'ERR_LEAKSCAN_IO' });
    (await capture()).dispose();
    assert.deepEqual(readdirSync(directory), []);
  },

  /** Objects come and go, listeners too, while the walk lets others have their turn. */
  async changing() {
    const tree = (exports.tree = Array.from({ length: 300 }, () => ({ emitter: new EventEmitter().on('x', () => {}), map: new Map() })));
    let isOver = false;
    const change = async () => {
      for (let at = 0; !isOver; at++) {
        await turn();
        tree.splice(at % tree.length, 3);
        tree.push({ emitter: new EventEmitter().on('y', () => {}), map: new Map([[{}, new EventEmitter().on('z', () => {})]]) });
        tree[0].emitter?.removeAllListeners();
        tree[0].map?.clear();
        delete tree[0].emitter;
        Object.setPrototypeOf(tree.at(-1), null);
      }
    };
    const changing = change();
    for (let round = 0; round < 10; round++) {
      const audit = await auditListenersAsync({ all: round % 5 === 0 });
      assert.ok(audit.totalListeners >= audit.emitters.length && audit.emitters.every(({ events }) => events.every(({ count, sites }) => sites.reduce((sum, site) => sum + site.count, 0) === count)));
    }
    isOver = true;
    await changing;
  },

  /** A session that was closed, or fails in the middle, and works again. */
  async inspector() {
    for (let i = 0; i < 20; i++) process.on('beforeExit', () => i);
    setInterval(() => {}, 5000).unref();
    const whole = auditListeners();
    assert.equal(whole.missing, undefined);
    const { post } = Session.prototype;
    let left = Infinity;
    Session.prototype.post = function (...args) {
      if (left-- <= 0) throw Object.assign(new Error('Session is not connected'), { code: 'ERR_INSPECTOR_NOT_CONNECTED' });
      return post.apply(this, args);
    };
    for (const working of [0, 1, 2, 3, 7]) {
      left = working;
      for (const audit of [auditListeners(), auditListeners({ all: true }), await auditListenersAsync({ all: true })]) {
        const event = audit.emitters.find(({ name }) => name === 'process').events.find(({ event: name }) => name === 'beforeExit');
        assert.equal(event.count, 20);
        assert.match(audit.missing, /^places in the source.*the inspector failed \(.*not connected\)$/);
        assert.match(String(audit), /\nMissing: places/);
      }
      assert.match(auditTimers().missing, /timers.*not connected/);
      auditHandles();
      for (const ask of [() => whyAlive(works), () => sampleAllocations({ duration: 1 }), () => capture({ trackAllocations: true })]) {
        await assert.rejects(ask(), { code: 'ERR_LEAKSCAN_UNSUPPORTED', message: /not connected/ });
      }
      (await capture()).dispose();
      await expectCollected(new WeakRef({}), 'what is gone', { timeout: 1 }).catch(({ code }) => assert.equal(code, 'ERR_LEAKSCAN_LEAK'));
      assert.deepEqual(Reflect.ownKeys(globalThis).filter((key) => String(key).includes('leakscan')), []);
    }
    left = Infinity;
    assert.equal(auditListeners().missing, undefined);
    assert.ok(auditTimers().totalTimers > 0);
    assert.equal((await whyAlive(works)).alive, true);
    // What others do with sessions of their own is no concern of ours.
    const other = new Session();
    other.connect();
    other.post('Debugger.enable');
    other.post('HeapProfiler.enable');
    other.disconnect();
    require('node:inspector').close();
    assert.equal(auditListeners().missing, undefined);
  },

  /** A process that ends in the middle of it, of its own accord. */
  async exiting() {
    const target = path.join(directory, 'never.heapsnapshot');
    const program = (body) => `
      const { auditHandles, auditListeners, auditTimers, capture, summarizeAsync, trackListeners, watch, watchdog, whyAlive } = require(${JSON.stringify(path.join(__dirname, '../..'))});
      ${body}`;
    const ends = (body, status) => {
      const child = spawnSync(process.execPath, ['-e', program(body)], { encoding: 'utf8' });
      assert.deepEqual([child.status, child.signal, child.stderr], [status, null, ''], body);
      assert.deepEqual(readdirSync(directory), [], body);
    };
    const saveTo = JSON.stringify(target);
    for (const phase of ['capturing', 'reading', 'analyzing']) {
      ends(`capture({ saveTo: ${saveTo}, onProgress: (progress) => progress.phase === '${phase}' && process.exit(7) })`, 7);
    }
    ends(`capture({ isolate: 'process', saveTo: ${saveTo}, onProgress: (progress) => progress.phase === 'reading' && process.exit(7) })`, 7);
    ends(`watch({ interval: 1 }); watchdog(); trackListeners(); whyAlive(process); process.exit(7)`, 7);
    ends(`process.on('exit', () => { auditListeners({ all: true }); auditTimers(); auditHandles(); capture().catch(() => {}); whyAlive({}).catch(() => {}); })`, 0);
    // A listener of the capture's own does not stay.
    const count = process.listenerCount('exit');
    (await capture({ saveTo: target })).dispose();
    await assert.rejects(capture({ saveTo: path.join(directory, 'missing', 'file') }), { code: 'ERR_LEAKSCAN_IO' });
    assert.equal(process.listenerCount('exit'), count);
  },
};

works[what]().then(
  () => {
    console.log('true');
    process.exit();
  },
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
