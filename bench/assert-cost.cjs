'use strict';
// What `assertNoLeak` of a trivial function costs beside the snapshots it takes: V8's own, of the same heap, without leakscan.
//
//   node bench/assert-cost.cjs [MB]       a heap of so many megabytes, 50 unless said otherwise

const v8 = require('node:v8');
const { assertNoLeak } = require('../assert.js');

const MEGABYTES = Number(process.argv[2] ?? 50);
/** Trials in turn: the first of a process takes a snapshot more, which is thrown away. */
const SNAPSHOTS = [4, 3];

/** Records as a service keeps them. */
const heap = [];
while (v8.getHeapStatistics().used_heap_size < MEGABYTES * 1e6) {
  heap.push({ id: heap.length, text: `${'x'.repeat(40)}${heap.length}`, list: [heap.length, {}] }, Buffer.alloc(10));
}

/** Milliseconds of a snapshot that nobody reads. */
function own() {
  const began = performance.now();
  return new Promise((resolve) => {
    v8.getHeapSnapshot()
      .on('data', () => {})
      .on('end', () => resolve(performance.now() - began));
  });
}

async function main() {
  for (const snapshots of SNAPSHOTS) {
    let ownMs = 0;
    for (let count = 0; count < snapshots; count++) ownMs += await own();
    const began = performance.now();
    await assertNoLeak(() => {}, { evidence: false });
    const ms = performance.now() - began;
    const ratio = (ms / ownMs).toFixed(2);
    console.log(`Node.js ${process.version}, ${heap.length} records: ${snapshots} snapshots ${Math.round(ownMs)} ms, assertNoLeak ${Math.round(ms)} ms, ${ratio} times`);
  }
}

main();
