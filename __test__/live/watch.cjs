'use strict';
// watch() in a process of its own: process.argv[2] says what the process does, process.argv[3] is a directory for files.
// Prints what it was told. The watch's clock turns by TICK_MS with each tick, however fast the machine is.

const assert = require('node:assert/strict');
const { readdirSync, statSync } = require('node:fs');
const path = require('node:path');
const v8 = require('node:v8');
const { parse, watch } = require('../..');
const { gc, warmUp } = require('./warm-up.cjs');

const [, , what, directory] = process.argv;

const TICK_MS = 25;
/** Time constants: a tenth of what a leak needs, and two thirds. */
const FILLING_MS = 170;
const SLOWLY_FILLING_MS = 1000;
let now = 0;
performance.now = () => now;

const kept = (exports.kept = []);
const objects = (bytes) => {
  // About 100 bytes each, with their place in the array.
  for (let i = 0; i < bytes / 100; i++) kept.push({ number: i, list: [i] });
};
let bytes;

/** What happens between two collections. @type {Record<string, (tick: number) => void>} */
const works = {
  leak: () => objects(60_000),
  buffers: () => kept.push(Buffer.alloc(120_000, 1)),
  native: () => kept.push(parse((bytes ??= require('node:fs').readFileSync(v8.writeHeapSnapshot(path.join(directory, 'own.heapsnapshot')))))),
  sawtooth: (tick) => (tick % 15 === 0 ? (kept.length = 0) : objects(120_000)),
  cache: () => objects(Math.max(0, 4e6 * (1 - Math.exp(-now / FILLING_MS)) - kept.length * 100)),
  'slow-cache': () => objects(Math.max(0, 12e6 * (1 - Math.exp(-now / SLOWLY_FILLING_MS)) - kept.length * 100)),
  collect: () => objects(80_000),
};

warmUp();

const options = { interval: 60, minDuration: 1500, minGrowth: 400_000, warmUp: 300 };
const watcher = watch(what === 'collect' ? { ...options, capture: { dir: directory, keep: 2, after: 300 } } : options);
const heard = [];
let collections = 0;
for (const event of ['growth', 'leak']) watcher.on(event, (told) => heard.push({ event, ...told }));
watcher.on('sample', ({ afterGc }) => (collections += Number(afterGc)));

let tick = 0;
const clock = setInterval(() => {
  tick++;
  now += TICK_MS;
  works[what](tick);
  gc();
  const isHealthy = what === 'sawtooth' || what.endsWith('cache');
  if (what === 'collect') return;
  if (heard.some(({ event }) => event === 'leak') || (isHealthy && collections >= 120)) end();
}, 25);

watcher.on('skipped', (error) => {
  throw error;
});
watcher.on('summary', (summary, { files }) => {
  assert.equal(summary.verdict, 'leak', String(summary));
  assert.equal(files.length, 2);
  for (const file of files) if (process.platform !== 'win32') assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.equal(readdirSync(directory).length, 2);
  end();
});

function end() {
  clearInterval(clock);
  const { series, samples } = watcher.history();
  assert.ok(samples.length <= 128 && series['js-heap'].length <= 128);
  assert.ok(series['js-heap'].length >= 10 && series.rss.length >= 10);
  const document = JSON.parse(JSON.stringify(watcher));
  assert.deepEqual(Object.keys(document.verdicts), ['js-heap', 'external', 'native']);
  for (const name of ['rss', 'heapUsed', 'heapLimit', 'arrayBuffers', 'nativeContexts', 'handles', 'eventLoopUtilization']) {
    assert.ok(samples[0][name] >= 0, name);
  }
  watcher.close();
  watcher.close();
  const count = watcher.toJSON().sampleCount;
  gc();
  // Nothing of a closed watch goes on, and nothing holds the process.
  setTimeout(() => {
    assert.equal(watcher.toJSON().sampleCount, count);
    console.log(JSON.stringify({ heard, collections }));
  }, 100);
}
