'use strict';
// A program that leaks so much per round, and its snapshots: `run(work)` does the work of some rounds to warm up, writes
// the snapshot process.argv[3], does ROUNDS more, and writes process.argv[4]. process.argv[2] says which work.

const v8 = require('node:v8');

const WARM_UP = 20;
const ROUNDS = 100;

/** Text that no two rounds share, as a response would be. */
const body = (number) => ['body of request', number, 'x'.repeat(3000)].join(' ');

/** @param {Record<string, (number: number) => unknown>} works by the name that process.argv[2] may have */
async function run(works) {
  const [work, ...files] = process.argv.slice(2);
  let number = 0;
  for (const [at, rounds] of [WARM_UP, ROUNDS].entries()) {
    for (const end = number + rounds; number < end; number++) {
      await works[work](number);
      // Lets what the round has started for the next turn of the event loop happen.
      await new Promise(setImmediate);
    }
    global.gc?.();
    v8.writeHeapSnapshot(files[at]);
  }
  // Timers would keep it running.
  process.exit(0);
}

module.exports = { WARM_UP, ROUNDS, body, run };
