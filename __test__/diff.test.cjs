'use strict';
// diff(before, after): what DevTools' Comparison says, and what it does not say.

const assert = require('node:assert/strict');
const { readFileSync } = require('node:fs');
const path = require('node:path');
const { after, before, test } = require('node:test');
const { pathToFileURL } = require('node:url');
const { diff, diffAsync, parse } = require('..');
const { smallHeap, takeSnapshot, temporaryDirectory } = require('./inputs.cjs');
const { write } = require('./snapshot-text.cjs');

const directory = temporaryDirectory({ after });
const file = (name) => path.join(directory, `${name}.heapsnapshot`);

/** 50 sessions, a snapshot, 20 more and 10 fewer. */
const PROGRAM = (first) => `
  class Session { constructor() { this.data = { text: ['a', Math.random()].join('') } } }
  globalThis.sessions = Array.from({ length: 50 }, () => new Session());
  gc(); require('node:v8').writeHeapSnapshot(${JSON.stringify(first)});
  sessions.splice(0, 10);
  for (let i = 0; i < 20; i++) sessions.push(new Session());
  gc();`;

before(() => {
  takeSnapshot(file('after'), PROGRAM(file('before')));
  takeSnapshot(file('stranger'), PROGRAM(file('strangerBefore')));
});

test('two snapshots of one process: objects are matched by id', () => {
  const [before, after] = [parse(file('before')), parse(file('after'))];
  const delta = diff(before, after);
  assert.equal(delta.identity, 'same-process');
  const row = delta.classes.find(({ name }) => name === 'Session');
  assert.deepEqual([row.addedCount, row.removedCount, row.countDelta], [20, 10, 10]);
  assert.equal(row.addedSize, 2 * row.removedSize);
  assert.equal(row.sizeDelta, row.addedSize - row.removedSize);
  assert.ok(row.retainedDelta > row.sizeDelta, 'each session keeps its data');
  const added = [...delta.added(row.key)];
  assert.equal(added.length, 20);
  for (const id of added) {
    assert.equal(after.node(id).className, 'Session');
    assert.throws(() => before.node(id), { code: 'ERR_LEAKSCAN_UNKNOWN_NODE' });
  }
  for (const [totals, snapshot] of [
    [delta.before, before],
    [delta.after, after],
  ]) {
    assert.equal(totals.nodeCount, snapshot.nodeCount);
    assert.equal(totals.totalSize, snapshot.totalSize);
  }
});

test("rows come in DevTools' order: by added size", () => {
  const { classes } = diff(file('before'), file('after'));
  for (let i = 1; i < classes.length; i++) assert.ok(classes[i - 1].addedSize >= classes[i].addedSize);
  assert.ok(classes.every(({ addedCount, removedCount }) => addedCount + removedCount > 0));
});

test('a snapshot differs in nothing from itself', () => {
  const delta = diff(file('after'), file('after'));
  assert.deepEqual(delta.classes, []);
  assert.equal(delta.identity, 'same-process');
});

test('snapshots of different processes: compared by class, and the answer says so', () => {
  const delta = diff(file('before'), file('stranger'));
  assert.equal(delta.identity, 'different-process');
  const row = delta.classes.find(({ name }) => name === 'Session');
  assert.equal(row.countDelta, 10);
  assert.match(`${delta}`, /different process/i);
  const equal = diff(file('before'), file('strangerBefore'));
  assert.equal(equal.classes.find(({ name }) => name === 'Session')?.countDelta ?? 0, 0);
});

test('a path, a URL and bytes will do, and diffAsync says the same', async () => {
  const expected = diff(file('before'), file('after'));
  const same = (actual) => assert.deepEqual(actual.toJSON(), expected.toJSON());
  same(diff(pathToFileURL(file('before')), readFileSync(file('after'))));
  same(await diffAsync(file('before'), file('after')));
  same(
    await diffAsync(
      parse(file('before')),
      (async function* () {
        yield readFileSync(file('after'));
      })(),
    ),
  );
});

test('toJSON is a document with a version, toString a table', () => {
  const delta = diff(file('before'), file('after'));
  const json = JSON.parse(JSON.stringify(delta));
  assert.equal(json.schemaVersion, delta.schemaVersion);
  assert.ok(Number.isInteger(json.schemaVersion) && json.schemaVersion >= 1);
  assert.deepEqual(json.classes, delta.classes);
  const table = delta.toString();
  assert.match(table, /Session/);
  assert.match(table, /\+?20\b/);
  assert.ok(
    table.split('\n').every((line) => line.length <= 140),
    'a table a person can read',
  );
});

test('an object that only changed its size is no change; one that changed its class is two', () => {
  const older = smallHeap();
  const newer = smallHeap();
  newer.nodes[4].size += 1000;
  newer.nodes[5].name = 'Renamed';
  const { classes } = diff(write(older), write(newer), { devtoolsCompat: true });
  const shown = classes.map(({ name, addedCount, removedCount, sizeDelta }) => [
    name,
    addedCount,
    removedCount,
    sizeDelta,
  ]);
  assert.deepEqual(shown.sort(), [
    ['Entry', 0, 1, -48],
    ['Renamed', 1, 0, 48],
  ]);
});
