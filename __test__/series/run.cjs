'use strict';
// Runs a program of this directory and takes a snapshot of it after a warm-up and after each stretch of rounds.
//   node --expose-gc run.cjs <program> <directory> <warm-up> <rounds>…

const path = require('node:path');
const v8 = require('node:v8');

const [program, directory, ...stretches] = process.argv.slice(2);
const { round, rest } = require(program);

(async () => {
  let number = 0;
  for (const [at, rounds] of stretches.entries()) {
    for (const end = number + Number(rounds); number < end; number++) await round(number);
    await rest?.(at);
    global.gc();
    v8.writeHeapSnapshot(path.join(directory, `${at}.heapsnapshot`));
  }
  // Timers would keep it running.
  process.exit(0);
})();
