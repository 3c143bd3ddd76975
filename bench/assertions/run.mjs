#!/usr/bin/env node
// leakscan's assertNoLeak beside other tools that tests use, on the same ten leaks and two healthy programs, each in a process of
// its own. The other tools are installed by hand (`npm install` here); what is not there, or does not load, is told as such.
//
//   node bench/assertions/run.mjs            the table of docs/testing.md
//
// Each tool gets its best chance: jest-leak-detector is handed the very object that leaks, memlab its analyses of growing
// objects and collections, and as many rounds.

import { fork } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import v8 from 'node:v8';

const require = createRequire(import.meta.url);
const leaks = require('./leaks.cjs');
const program = fileURLToPath(import.meta.url);

/** What memlab writes of itself, and where it has found nothing. */
const PROGRESS = /^\s*$|^(Checking|parsing|calculating|building|propagating|identifying|[Ll]oading)|^No increas|^No .* found/;

/** What a tool says of some work: nothing, or the text of its complaint. @type {Record<string, (work: () => unknown) => Promise<string | undefined>>} */
const tools = {
  async leakscan(work) {
    const { assertNoLeak } = require('../../assert.js');
    return complaint(assertNoLeak(() => void work(), { evidence: false }), 'ERR_LEAKSCAN_LEAK');
  },

  async 'jest-leak-detector'(work) {
    const { default: LeakDetector } = require('jest-leak-detector');
    // The first objects may be missing, as in every third round.
    let detector;
    for (let round = 0; round < 6 && detector === undefined; round++) detector = watch(LeakDetector, work);
    if (detector === undefined) return undefined;
    return (await detector.isLeaking()) ? 'leaking' : undefined;
  },

  async leakage(work) {
    const { iterate } = require('leakage');
    return complaint(Promise.resolve().then(() => iterate(() => void work())), undefined, /leak/i);
  },

  async memlab(work) {
    const { config } = require('@memlab/core');
    config.muteConsole = true;
    const analyses = require('@memlab/heap-analysis');
    // Not among the exports, but a command of memlab's.
    const { default: collections } = require('@memlab/heap-analysis/dist/plugins/CollectionUnboundGrowthAnalysis.js');
    const directory = mkdtempSync(path.join(tmpdir(), 'leakscan-compare-'));
    try {
      for (let at = 1; at <= 3; at++) {
        for (let round = 0; round < 10; round++) work();
        v8.writeHeapSnapshot(path.join(directory, `s${at}.heapsnapshot`));
      }
      const said = [];
      for (const Analysis of [analyses.ObjectUnboundGrowthAnalysis, collections]) {
        const { analysisOutputFile } = await new Analysis().analyzeSnapshotsInDirectory(directory);
        said.push(...readFileSync(analysisOutputFile, 'utf8').split('\n').filter((line) => !PROGRESS.test(line)));
      }
      return said.join('\n') || undefined;
    } finally {
      rmSync(directory, { recursive: true });
    }
  },
};

/** No variable here keeps the object. */
function watch(LeakDetector, work) {
  const object = work();
  return object === undefined ? undefined : new LeakDetector(object);
}

async function complaint(promise, code, pattern) {
  try {
    await promise;
    return undefined;
  } catch (error) {
    if ((code !== undefined && error.code === code) || pattern?.test(error.message)) return error.message;
    throw error;
  }
}

/** The work of this process: one tool, one program. */
async function child(tool, name) {
  const began = performance.now();
  let said;
  let failure;
  try {
    said = await tools[tool](leaks[name].work);
  } catch (error) {
    failure = error.message.split('\n')[0];
  }
  process.send({ said, failure, ms: Math.round(performance.now() - began) });
  process.disconnect();
}

/** A cell of the table. */
function judged({ culprit }, { said, failure }) {
  if (failure !== undefined) return `fails: ${failure}`;
  if (culprit === null) return said === undefined ? 'silent, right' : 'false alarm';
  if (said === undefined) return 'missed';
  const place = /leaks\.cjs:\d+/.test(said) ? ', with the line' : '';
  return culprit.test(said) ? `found, named${place}` : 'found, not named';
}

async function table() {
  const names = Object.keys(tools);
  console.log(`| Node.js ${process.version} | ${names.join(' | ')} |\n| --- |${' --- |'.repeat(names.length)}`);
  const times = Object.fromEntries(names.map((tool) => [tool, []]));
  for (const [name, leak] of Object.entries(leaks)) {
    const cells = [];
    for (const tool of names) {
      const answer = await ask(tool, name);
      times[tool].push(answer.ms);
      cells.push(judged(leak, answer));
      if (process.env.VERBOSE) console.error(tool, name, answer);
    }
    console.log(`| ${name} | ${cells.join(' | ')} |`);
  }
  const median = (list) => (list.sort((a, b) => a - b)[list.length >> 1] / 1000).toFixed(1);
  console.log(`| median time | ${names.map((tool) => `${median(times[tool])} s`).join(' | ')} |`);
}

/** @returns {Promise<{ said?: string, failure?: string, ms: number }>} */
function ask(tool, name) {
  return new Promise((resolve) => {
    let words = '';
    const process = fork(program, [tool, name], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
    process.stderr.on('data', (chunk) => (words += chunk));
    process.on('message', resolve);
    process.on('close', () => resolve({ failure: words.trim().split('\n')[0] || 'ended without an answer', ms: 0 }));
  });
}

if (process.send) await child(process.argv[2], process.argv[3]);
else await table();
