#!/usr/bin/env node
'use strict';
// Does leakscan itself leak? `node bench/flat.cjs [parses] [audits] [captures]` does much of each in one process and prints what
// memory stays: V8's heap and the resident set after collections, at every fifth of the way. docs/production.md has a result.

const { mkdtempSync, readFileSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const path = require('node:path');
const v8 = require('node:v8');
const vm = require('node:vm');
const leakscan = require('..');

v8.setFlagsFromString('--expose-gc');
const gc = vm.runInNewContext('gc');
const [parses = 1000, audits = 1000, captures = 50] = process.argv.slice(2).map(Number);
const directory = mkdtempSync(path.join(tmpdir(), 'leakscan-flat-'));
const file = path.join(directory, 'own.heapsnapshot');

/** @type {[string, number, () => unknown][]} */
const works = [
  ['parse', parses, async () => (await leakscan.parseAsync(file)).dispose()],
  ['parse bytes, ask, summarize', parses, () => {
    const snapshot = leakscan.parse(bytes);
    snapshot.classes({ limit: 5 });
    leakscan.summarize(snapshot);
    snapshot.dispose();
  }],
  ['audit a snapshot', audits, () => leakscan.auditListeners(kept)],
  ['audit live', audits, () => leakscan.auditListeners()],
  ['audit handles', audits, () => leakscan.auditHandles()],
  ['audit all, timers', audits / 10, () => [leakscan.auditListeners({ all: true }), leakscan.auditTimers()]],
  ['capture', captures, async () => (await leakscan.capture({ force: true })).dispose()],
  ['capture and summarize, isolated', captures / 5, async () => {
    const snapshot = await leakscan.capture({ force: true, isolate: 'process' });
    await leakscan.summarizeAsync(snapshot);
    snapshot.dispose();
  }],
  ['whyAlive', captures / 5, () => leakscan.whyAlive(works, { force: true })],
];

let bytes;
let kept;

async function settled() {
  for (let i = 0; i < 3; i++) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    gc();
  }
  const { heapUsed, rss } = process.memoryUsage();
  return `${(heapUsed / 1e6).toFixed(1)}/${Math.round(rss / 1e6)}`;
}

(async () => {
  v8.writeHeapSnapshot(file);
  bytes = readFileSync(file);
  kept = leakscan.parse(file);
  console.log(`Node.js ${process.versions.node}; heap/resident MB after each fifth`);
  for (const [name, count, work] of works) {
    const figures = [];
    const began = performance.now();
    for (let round = 0; round <= count; round++) {
      if (round % Math.ceil(count / 5) === 0) figures.push(await settled());
      if (round < count) await work();
    }
    console.log(`${name.padEnd(32)} ${String(count).padStart(5)} in ${((performance.now() - began) / 1000).toFixed(0).padStart(3)} s: ${figures.join('  ')}`);
  }
  rmSync(directory, { recursive: true });
})();
