// Strings that keep more than they are, texts that are there many times, and memory outside of the heap, under every
// supported line of Node.js: real programs with a known number of things, each beside a healthy twin.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { nodes } from './nodes/nodes.mjs';

const require = createRequire(import.meta.url);
const { summarize } = require('..');
const { temporaryDirectory } = require('./inputs.cjs');

const directory = temporaryDirectory({ after });
const programs = fileURLToPath(new URL('causes/memory/', import.meta.url));
const runner = fileURLToPath(new URL('causes/collections/run.cjs', import.meta.url));
const WARM_UP = 60;
const ROUNDS = 100;

/**
 * `count` things after all rounds, `perRound` each; `line`: the piece of the source that the finding's location must stand
 * at; `single`: whether one snapshot is enough for a suspicion.
 */
const LEAKS = [
  {
    program: 'slicedTokens.cjs',
    cause: 'sliced-strings',
    title: /^160 pieces in Map tokens \(.*slicedTokens\.cjs:9:\d+\) keep 160 whole strings of 3\.2 MB$/,
    line: 'function remember',
    bytes: [2_000_000, 2_100_000],
    single: true,
  },
  {
    program: 'matchedFields.cjs',
    cause: 'sliced-strings',
    title: /^480 pieces in array Mailbox\.entries \(.*matchedFields\.cjs:9:\d+\) keep 160 whole strings of 4\.8 MB$/,
    line: 'file(mail) {',
    perRound: 3,
    bytes: [3_000_000, 3_100_000],
    single: true,
  },
  {
    program: 'growingLog.cjs',
    cause: 'sliced-strings',
    // The first of the pieces is the empty text that it began with, or not.
    title: /^a growing string log \(.*growingLog\.cjs:7:\d+\) of 1\d\.\d kB, of 161 pieces$/,
    count: 161,
    line: 'function write',
    bytes: [10_000, 20_000],
  },
  {
    program: 'growingPage.cjs',
    cause: 'sliced-strings',
    title: /^a growing string Page\.html \(.*growingPage\.cjs:5:\d+\) of 1\.6 MB$/,
    count: 1,
    perRound: undefined,
    line: 'constructor() {',
    bytes: [1_000_000, 1_100_000],
  },
  {
    program: 'uploads.cjs',
    cause: 'external-memory',
    title: /^160 Buffers in array uploads \(.*uploads\.cjs:7:\d+\) keep 1\.6 MB outside of the heap$/,
    line: 'function receive',
    bytes: [1_000_000, 1_000_000],
  },
  {
    program: 'heads.cjs',
    cause: 'external-memory',
    title: /^160 Uint8Arrays in Map Downloads\.heads \(.*heads\.cjs:9:\d+\) keep 1\.3 MB outside of the heap$/,
    line: 'add(number, bytes) {',
    bytes: [800_000, 800_000],
  },
  {
    program: 'concat.cjs',
    cause: 'external-memory',
    title: /^Buffer received \(.*concat\.cjs:7:\d+\) has 3\.2 MB outside of the heap, 2\.0 MB more than before$/,
    count: 1,
    perRound: undefined,
    line: 'function receive',
    bytes: [2_000_000, 2_000_000],
  },
  {
    program: 'tags.cjs',
    cause: 'duplicate-strings',
    title: /^3,200 strings in array rooms\.list are copies of 4 texts: 205 kB of 205 kB wasted$/,
    count: 3_200,
    perRound: 20,
    bytes: [128_000, 128_000],
  },
  {
    // Programs often cache equal values, and the cache is the leak.
    program: 'copiedRows.cjs',
    cause: 'unbounded-collection',
    title: /^32,000 elements in array rows\.all, \{state\}$/,
    count: 32_000,
    perRound: 200,
    bytes: [3_000_000, 5_000_000],
    evidence: { duplicateStrings: 32_000, differentTexts: 2 },
    single: true,
  },
];
const HEALTHY = [
  'slicedTokens.fixed.cjs',
  'boundedSlices.fixed.cjs',
  'uploads.fixed.cjs',
  'pooled.fixed.cjs',
  'tags.fixed.cjs',
  'copiedRows.fixed.cjs',
];

/** Runs a program under a Node.js; the paths of its two snapshots. */
function run(program, node) {
  const files = ['before', 'after'].map((moment) => path.join(directory, `${moment}.heapsnapshot`));
  execFileSync(node, ['--expose-gc', runner, path.join(programs, program), WARM_UP, ROUNDS, ...files].map(String));
  return files;
}

const lineOf = (program, piece) =>
  1 + readFileSync(path.join(programs, program), 'utf8').split('\n').findIndex((text) => text.includes(piece));

for (const { version, path: node } of nodes()) {
  for (const { program, cause, title, line, bytes, evidence, single, ...figures } of LEAKS) {
    test(`${program} on Node.js ${version}`, () => {
      const perRound = 'perRound' in figures ? figures.perRound : 1;
      const files = run(program, node);
      const summary = summarize(files, { rounds: ROUNDS, unit: 'request' });
      const [first, ...others] = summary.findings;
      assert.equal(summary.verdict, 'leak', `${summary}`);
      assert.equal(first.cause, cause, `${summary}`);
      assert.deepEqual(others, [], 'one leak is one finding');
      assert.match(first.title, title);
      assert.equal(first.count, figures.count ?? (WARM_UP + ROUNDS) * perRound);
      assert.equal(first.growth.count, ROUNDS * (perRound ?? 0.01));
      assert.equal(first.growth.perRound, perRound);
      assert.ok(first.growth.bytes >= bytes[0] && first.growth.bytes <= bytes[1], `${first.growth.bytes}`);
      assert.ok(first.growth.bytes <= first.retainedSize);
      if (line) assert.equal(first.location.line, lineOf(program, line));
      assert.equal(first.path.at(-1).node.id, first.owner.id, 'the path leads to the owner');
      for (const [name, value] of Object.entries(evidence ?? {})) assert.equal(first.evidence[name], value, name);
      // Nothing of the program's data.
      assert.doesNotMatch(JSON.stringify(summary), /token-of-request|somebody number|was served|the first floor|department/);
      // Without rounds nobody knows the pace: never surer than with them.
      const unpaced = summarize(files).findings.find((it) => it.signature === first.signature);
      assert.ok(!unpaced || unpaced.confidence <= first.confidence);
      const alone = summarize(files[1]);
      assert.deepEqual(
        [alone.verdict, alone.findings.map((it) => it.cause)],
        single ? ['suspicious', [cause]] : ['clean', []],
        `${alone}`,
      );
    });
  }
  for (const program of HEALTHY) {
    test(`${program} on Node.js ${version} is clean`, () => {
      const files = run(program, node);
      for (const options of [{ rounds: ROUNDS }, {}]) {
        const summary = summarize(files, options);
        assert.deepEqual([summary.verdict, summary.findings], ['clean', []], `${summary}`);
      }
    });
  }
}
