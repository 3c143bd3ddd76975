// Collections that grow without bound, and keys without values, under every supported line of Node.js: real programs with a
// known number of entries, each beside a healthy twin.

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
const programs = fileURLToPath(new URL('causes/collections/', import.meta.url));
const WARM_UP = 60;
const ROUNDS = 100;

/** `line`: the piece of the source that the finding's location must stand at; `added`: the piece that adds, where one does. */
const LEAKS = [
  {
    program: 'uuidCache.cjs',
    cause: 'unbounded-collection',
    title: /^160 entries in object cache \(.*uuidCache\.cjs:9:\d+\), keys like a UUID, values Array$/,
    line: 'return function (key)',
  },
  {
    program: 'nulledKeys.cjs',
    cause: 'stale-keys',
    title: /^160 keys in object localCache \(.*nulledKeys\.cjs:7:\d+\), all without a value, like a numbered name$/,
    line: 'function setLocalCache',
  },
  {
    program: 'seenIds.cjs',
    cause: 'unbounded-collection',
    title: /^160 elements in Set seen \(.*seenIds\.cjs:7:\d+\), like a numbered name, strings$/,
    line: 'function handle',
    added: 'seen.add(',
  },
  {
    program: 'auditLog.cjs',
    cause: 'unbounded-collection',
    perRound: 2,
    title: /^320 elements in array records \(.*auditLog\.cjs:6:\d+\), \{action, user, at\}$/,
    line: 'function audit',
    added: 'records.push(',
  },
  {
    program: 'registry.mjs',
    cause: 'unbounded-collection',
    title: /^160 entries in Map Registry\.jobs \(.*registry\.mjs:15:\d+\), keys like a path, values Job$/,
    line: 'run(id) {',
  },
  {
    program: 'fewFields.cjs',
    cause: 'unbounded-collection',
    title: /^160 entries in object settings \(.*fewFields\.cjs:8:3\), keys like a numbered name, values \{name, text\}$/,
  },
  {
    program: 'exported.cjs',
    cause: 'unbounded-collection',
    title: /^160 entries in object exports\.lastVisit( \(.*\))?, keys like a URL, values Date$/,
  },
  {
    program: 'history.cjs',
    cause: 'unbounded-collection',
    title: /^160 Step objects linked from History\.last \(.*history\.cjs:12:\d+\)$/,
    line: 'constructor() {',
    linked: true,
  },
  {
    program: 'waiting.cjs',
    cause: 'unbounded-collection',
    title: /^160 \{value, next\} objects linked from first \(.*waiting\.cjs:8:\d+\)$/,
    line: 'function append',
    linked: true,
  },
  {
    // A copy every time: another array, in the same place.
    program: 'immutable.cjs',
    cause: 'unbounded-collection',
    title: /^160 elements in array state\.messages \(.*immutable\.cjs:7:\d+\), \{text\}$/,
    line: 'function reduce',
  },
  {
    program: 'privateField.cjs',
    cause: 'unbounded-collection',
    title: /^160 entries in object Sessions\.#byName \(.*privateField\.cjs:8:5\), keys like a numbered name, values \{name, since\}$/,
    line: 'this.#byName[name] =',
    added: 'this.#byName[name] =',
  },
  {
    program: 'statuses.cjs',
    cause: 'unbounded-collection',
    title: /^160 elements in array statuses \(.*statuses\.cjs:\d+:\d+\), strings$/,
    line: 'exports.round',
  },
];
const HEALTHY = [
  'uuidCache.fixed.cjs',
  'nulledKeys.fixed.cjs',
  'seenIds.fixed.cjs',
  'auditLog.fixed.cjs',
  'registry.fixed.mjs',
  'ttlCache.fixed.cjs',
  'lazyModules.fixed.cjs',
  'history.fixed.cjs',
  'waiting.fixed.cjs',
  'immutable.fixed.cjs',
  'latencies.fixed.cjs',
  'idle.fixed.cjs',
];

/** Runs a program under a Node.js; the paths of its two snapshots. */
function run(program, node) {
  const files = ['before', 'after'].map((moment) => path.join(directory, `${moment}.heapsnapshot`));
  const runner = path.join(programs, 'run.cjs');
  execFileSync(node, ['--expose-gc', runner, path.join(programs, program), WARM_UP, ROUNDS, ...files].map(String));
  return files;
}

const lineOf = (program, piece) =>
  1 + readFileSync(path.join(programs, program), 'utf8').split('\n').findIndex((text) => text.includes(piece));

for (const { version, path: node } of nodes()) {
  for (const { program, cause, title, line, added, linked, perRound = 1 } of LEAKS) {
    test(`${program} on Node.js ${version}`, () => {
      const files = run(program, node);
      const summary = summarize(files, { rounds: ROUNDS, unit: 'request' });
      const [first, ...others] = summary.findings;
      assert.equal(summary.verdict, 'leak', `${summary}`);
      assert.equal(first.cause, cause, `${summary}`);
      assert.deepEqual(others, [], 'one leak is one finding');
      assert.match(first.title, title);
      assert.equal(first.count, (WARM_UP + ROUNDS) * perRound);
      assert.equal(first.growth.count, ROUNDS * perRound);
      assert.equal(first.growth.perRound, perRound);
      assert.ok(first.growth.bytes > 0 && first.growth.bytes <= first.retainedSize);
      if (line) assert.equal(first.location.line, lineOf(program, line));
      if (added) assert.match(first.evidence.addedAt, new RegExp(`:${lineOf(program, added)}:\\d+$`));
      // Of what is linked, the path leads to the first one.
      assert.equal(first.path.at(linked ? -2 : -1).node.id, first.owner.id, 'the path leads to the collection');
      // No key of the program's data.
      assert.doesNotMatch(JSON.stringify(summary), /message-1|test:test|example\.org|job\/1/);
      // Without rounds nobody knows the pace: never surer than with them.
      const unpaced = summarize(files).findings.find((it) => it.signature === first.signature);
      assert.ok(!unpaced || unpaced.confidence < first.confidence);
    });
  }
  for (const program of HEALTHY) {
    test(`${program} on Node.js ${version} is clean`, () => {
      const summary = summarize(run(program, node), { rounds: ROUNDS });
      assert.deepEqual([summary.verdict, summary.findings], ['clean', []], `${summary}`);
    });
  }
}
