'use strict';
// Runs a program of this directory: rounds to warm up, a snapshot, rounds to compare, a snapshot.
//   node --expose-gc run.cjs <program> <warm-up> <rounds> <before> <after>

const v8 = require('node:v8');

const [program, warmUp, rounds, before, after] = process.argv.slice(2);

(async () => {
  const { round, settle } = await import(program);
  for (let i = 0; i < Number(warmUp); i++) await round();
  await settle?.();
  v8.writeHeapSnapshot(before);
  for (let i = 0; i < Number(rounds); i++) await round();
  await settle?.();
  v8.writeHeapSnapshot(after);
  process.exit(0);
})();
