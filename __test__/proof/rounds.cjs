'use strict';
// Runs a program of the proof: rounds to warm up, a snapshot, rounds to compare, a snapshot, and so on.
//   node --expose-gc rounds.cjs <program> <warm-up> <rounds> <snapshot>…

const v8 = require('node:v8');
const path = require('node:path');
const { pathToFileURL } = require('node:url');

const [program, warmUp, rounds, ...files] = process.argv.slice(2);

/** Lets what the rounds have started, and what sockets still have to say, happen. */
async function quiet() {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setTimeout(resolve, 15));
}

(async () => {
  const { round, settle } = await import(pathToFileURL(path.resolve(program)).href);
  let number = 0;
  for (const [at, file] of files.entries()) {
    for (const end = number + Number(at === 0 ? warmUp : rounds); number < end; number++) await round(number);
    await settle?.();
    await quiet();
    global.gc();
    v8.writeHeapSnapshot(file);
  }
  // Timers and sockets that leak would keep it running.
  process.exit(0);
})();
