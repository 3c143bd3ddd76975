#!/usr/bin/env node
'use strict';
// What `capture()` takes beside V8's own snapshot: `node bench/capture-cost.cjs [MB…] [--times N]`, heaps of 20, 100 and 300 MB and six
// times unless said otherwise. In one process for each heap, `v8.writeHeapSnapshot()` and `capture()` in turn, now the one and now the other
// first, from the call to the file, and to the finished Snapshot. Told are the ratios of neighbours, and for comparison those of two equal
// `v8.writeHeapSnapshot()`. docs/production.md has a result; the goal is 1.05.

const { spawnSync } = require('node:child_process');
const { rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const path = require('node:path');
const { parseArgs } = require('node:util');
const v8 = require('node:v8');

const { values, positionals } = parseArgs({ allowPositionals: true, options: { times: { type: 'string', default: '6' }, one: { type: 'boolean' } } });

/** Records as a service keeps them. */
function fill(megabytes) {
  const kept = (globalThis.kept = []);
  while (v8.getHeapStatistics().used_heap_size < megabytes * 1e6) {
    for (let i = 0; i < 1000; i++) kept.push({ id: kept.length, text: `${'x'.repeat(40)}${kept.length}`, list: [kept.length, {}], at: 0.5 + kept.length });
  }
}

const middle = (list) => list.toSorted((a, b) => a - b)[list.length >> 1];
const seconds = (list) => `${(middle(list) / 1000).toFixed(2)} s`;

const ratio = (list) => {
  const sorted = list.toSorted((a, b) => a - b);
  return `${middle(list).toFixed(2)} (${sorted[0].toFixed(2)} to ${sorted.at(-1).toFixed(2)})`;
};

async function measure(megabytes, times) {
  const { capture } = require('..');
  fill(megabytes);
  const file = path.join(tmpdir(), `leakscan-bench-${process.pid}.heapsnapshot`);
  const reports = [];

  /** How long it takes until all is there. */
  async function timed(work) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    const began = performance.now();
    const cleanUp = await work();
    const took = performance.now() - began;
    cleanUp();
    return took;
  }
  const written = () =>
    timed(() => {
      v8.writeHeapSnapshot(file);
      return () => rmSync(file);
    });
  const captured = () =>
    timed(async () => {
      const snapshot = await capture({ force: true });
      reports.push(snapshot.capture);
      return () => snapshot.dispose();
    });

  const [own, ours, equal, ratios] = [[], [], [], []];
  // V8 numbers the heap, and code gets warm.
  await written();
  await captured();
  reports.length = 0;
  for (let round = 0; round < times; round++) {
    // What comes second may be slower for that alone.
    const pair = { written: 0, captured: 0 };
    for (const name of round % 2 === 0 ? ['written', 'captured'] : ['captured', 'written']) pair[name] = await { written, captured }[name]();
    own.push(pair.written);
    ours.push(pair.captured);
    ratios.push(pair.captured / pair.written);
    const [first, second] = [await written(), await written()];
    equal.push(round % 2 === 0 ? second / first : first / second);
  }
  const of = (key) => seconds(reports.map((report) => report[key]));
  const after = reports.map(({ totalMs, buildMs, writeMs }) => totalMs - buildMs - writeMs);
  console.log(
    `${String(megabytes).padStart(4)} MB, a file of ${Math.round(reports[0].bytes / 1e6)} MB: writeHeapSnapshot ${seconds(own)}, capture ${seconds(ours)}, ratio ${ratio(ratios)}, ` +
      `of two equal ones ${ratio(equal)}; of it build ${of('buildMs')}, write ${of('writeMs')} with leakscan's ${of('leakscanMs')}, after V8 has freed its graph ${seconds(after)}`,
  );
}

if (values.one) measure(Number(positionals[0]), Number(values.times));
else {
  console.log(`Node.js ${process.versions.node}, ${values.times} times each, medians`);
  for (const megabytes of positionals.length > 0 ? positionals : ['20', '100', '300']) {
    spawnSync(process.execPath, ['--max-old-space-size=8192', __filename, megabytes, '--one', '--times', values.times], { stdio: 'inherit' });
  }
}
