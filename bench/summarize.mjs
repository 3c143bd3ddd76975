#!/usr/bin/env node
// What the causes cost: `summarize` beside opening the same files, in processor time and in memory, each in a process of its own.
//
//   node bench/summarize.mjs [--repeat N]
//
// Reads the heap of 100 MB and its later snapshot, which `npm run bench -- --quick` makes. Processor time, not the clock's:
// the causes run on one thread, opening on two.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { diff, parse, summarize } from '../index.js';

const here = fileURLToPath(new URL('.', import.meta.url));
const files = ['ordinary-100', 'ordinary-100-later'].map((name) => join(here, 'corpus', `${name}.heapsnapshot`));
/** What the causes may add to opening, as a part of it. */
const BUDGET = { time: 0.3, memory: 0.15 };

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { repeat: { type: 'string', default: '3' } },
});

/** Processor time of this process so far, in milliseconds, and its resident memory, in bytes. */
function now() {
  const { user, system } = process.cpuUsage();
  return { cpu: (user + system) / 1000, memory: process.resourceUsage().maxRSS * 1024 };
}

/** In a process of its own: what opening took, and what the summary took after it. */
function measure(task) {
  const bare = now();
  const snapshots = (task === 'single' ? files.slice(0, 1) : files).map((file) => parse(file));
  const opened = now();
  // A Diff of two open snapshots is what a pair is summarized from; comparing them is not the causes' work.
  const subject = task === 'single' ? snapshots[0] : diff(...snapshots);
  const begun = now();
  const { findings } = summarize(subject, task === 'rounds' ? { rounds: 400 } : {});
  const done = now();
  return {
    open: opened.cpu - bare.cpu,
    summary: done.cpu - begun.cpu,
    openMemory: opened.memory - bare.memory,
    summaryMemory: done.memory - begun.memory,
    findings: findings.length,
  };
}

if (positionals.length > 0) {
  console.log(JSON.stringify(measure(positionals[0])));
  process.exit(0);
}
if (!files.every((file) => existsSync(file))) throw new Error('no heaps: run `npm run bench -- --quick` first');
const percent = (part) => `${Math.round(part * 100)} %`;
console.log(`of opening, the causes may take ${percent(BUDGET.time)} of the time and ${percent(BUDGET.memory)} of the memory\n`);
for (const task of ['single', 'pair', 'rounds']) {
  const runs = Array.from({ length: Number(options.repeat) }, () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [fileURLToPath(import.meta.url), task], { encoding: 'utf8' });
    if (status !== 0) throw new Error(stderr);
    return JSON.parse(stdout);
  });
  const { open, summary, openMemory, summaryMemory, findings } = runs.sort((a, b) => a.summary - b.summary)[Math.floor(runs.length / 2)];
  const time = `opened in ${open.toFixed(0)} ms, summarized in ${summary.toFixed(0)} ms: ${percent(summary / open)}`;
  console.log(`${task.padEnd(7)} ${time}; memory ${percent(summaryMemory / openMemory)} more; ${findings} findings`);
}
