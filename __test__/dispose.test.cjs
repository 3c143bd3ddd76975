'use strict';
// Native memory: given back by dispose() and by the garbage collector, and never used afterwards.

const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const path = require('node:path');
const { after, test } = require('node:test');
const { diff, diffAsync, parse, parseAsync, summarize } = require('..');
const { smallSnapshot, temporaryDirectory, writeLargeSnapshot } = require('./inputs.cjs');

const directory = temporaryDirectory({ after });
const disposed = { code: 'ERR_LEAKSCAN_DISPOSED', name: 'LeakscanError' };

test('every use after dispose() is an error', async () => {
  const snapshot = parse(smallSnapshot());
  const other = parse(smallSnapshot());
  const uses = {
    nodeCount: (it) => it.nodeCount,
    edgeCount: (it) => it.edgeCount,
    totalSize: (it) => it.totalSize,
    meta: (it) => it.meta,
    statistics: (it) => it.statistics(),
    classes: (it) => it.classes(),
    instances: (it) => it.instances('Entry'),
    find: (it) => it.find({ name: 'Entry' }),
    node: (it) => it.node(7),
    edges: (it) => it.edges(7),
    retainers: (it) => it.retainers(7),
    dominator: (it) => it.dominator(7),
    dominated: (it) => it.dominated(7),
    retainingPaths: (it) => it.retainingPaths(7),
    duplicateStrings: (it) => it.duplicateStrings(),
    columns: (it) => it.columns(),
    diff: (it) => diff(it, other),
    'diff, as the newer': (it) => diff(other, it),
    summarize: (it) => summarize(it),
  };
  // Whatever a Snapshot can do is used here. What taking it has cost is known without it.
  const prototype = Object.getPrototypeOf(snapshot);
  const members = Object.getOwnPropertyNames(prototype).filter(
    (name) => !['capture', 'constructor', 'dispose', 'disposed', 'toJSON'].includes(name),
  );
  assert.deepEqual(
    members.filter((name) => !(name in uses)),
    [],
  );

  for (const use of Object.values(uses)) use(snapshot);
  snapshot.dispose();
  for (const [name, use] of Object.entries(uses)) assert.throws(() => use(snapshot), disposed, name);
  await assert.rejects(async () => diffAsync(snapshot, other), disposed);
  assert.equal(other.nodeCount, 7, 'other snapshots live on');
});

test('dispose() twice is no error', () => {
  const snapshot = parse(smallSnapshot());
  snapshot.dispose();
  assert.equal(snapshot.dispose(), undefined);
});

test('Symbol.dispose is dispose, where the language has it', () => {
  const snapshot = parse(smallSnapshot());
  if (!Symbol.dispose) assert.ok(Number(process.versions.node.split('.')[0]) < 20);
  else snapshot[Symbol.dispose]();
  assert.throws(() => snapshot.nodeCount, disposed);
});

test('columns and answers outlive their snapshot', () => {
  const snapshot = parse(smallSnapshot());
  const columns = snapshot.columns();
  const rows = snapshot.classes();
  const delta = diff(snapshot, parse(smallSnapshot()));
  const expected = { columns: structuredClone(columns), rows: structuredClone(rows) };
  snapshot.dispose();
  assert.deepEqual(columns, expected.columns);
  assert.deepEqual(rows, expected.rows);
  assert.equal(typeof `${delta}`, 'string');
});

test('dispose() while a job reads the snapshot: the job ends well or says so', async () => {
  const [before, after] = [parse(smallSnapshot()), parse(smallSnapshot())];
  const working = diffAsync(before, after);
  before.dispose();
  after.dispose();
  await working.then(
    (answer) => assert.equal(answer.classes.length, 0),
    (error) => assert.equal(error.code, disposed.code),
  );
});

test('memory goes back: with dispose() at once, without it when the collector sees how much there is', () => {
  const file = writeLargeSnapshot(path.join(directory, 'large.heapsnapshot'), 10);
  const rounds = 30;
  // Largest memory of a process that opens the file again and again. Kept, the snapshots come to many times one of them.
  const peak = (body) => {
    const script = `
      const { parse } = require(${JSON.stringify(path.join(__dirname, '..'))});
      const file = ${JSON.stringify(file)}, kept = [];
      (async () => {
        for (let i = 0; i < ${rounds}; i++) { ${body}; await new Promise(setImmediate) }
        console.log(process.resourceUsage().maxRSS);
      })()`;
    return Number(execFileSync(process.execPath, ['-e', script], { encoding: 'utf8' })) * 1024;
  };
  const kept = peak('kept.push(parse(file))');
  assert.ok(peak('parse(file).dispose()') < kept / 3, 'dispose() gives the memory back at once');
  assert.ok(peak('parse(file).nodeCount') < kept / 2, 'the garbage collector knows how large a snapshot is');
});

test('a dropped promise of a snapshot leaks nothing', async () => {
  for (let i = 0; i < 50; i++) void parseAsync(smallSnapshot());
  assert.equal((await parseAsync(smallSnapshot())).nodeCount, 7);
});
