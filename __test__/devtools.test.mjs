// Every number leakscan prints about a heap is the number DevTools prints: node by node, row by row.
//
// The snapshots are taken during the run, by every supported line of Node.js, of devtools/program.cjs; and invented by
// devtools/fuzz.mjs. DevTools' own code judges them on other threads meanwhile.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import leakscan from '../index.js';
import { pair } from './devtools/fuzz.mjs';
import { DevToolsPool } from './devtools/pool.mjs';
import { nodes } from './nodes/nodes.mjs';

const FUZZED_PAIRS = 1000;
const ALL = { limit: Number.MAX_SAFE_INTEGER };

const directory = mkdtempSync(path.join(tmpdir(), 'leakscan-devtools-'));
const pool = new DevToolsPool();
after(async () => {
  await pool.close();
  rmSync(directory, { recursive: true, force: true });
});

/** @param {number[]} ids */
const ascending = (ids) => ids.sort((a, b) => a - b);

/** The first few places where two columns differ, or nothing. */
function differences(name, ids, actual, expected) {
  assert.equal(actual.length, expected.length, `${name}: length`);
  const found = [];
  for (let i = 0; i < expected.length && found.length < 5; i++) {
    if (!Object.is(actual[i], expected[i]))
      found.push(`  ${name} of @${ids[i]} (node ${i}): ${actual[i]}, DevTools says ${expected[i]}`);
  }
  return found;
}

/** Rows by key, for a comparison that names the row. */
function assertSameRows(actual, expected, what) {
  const byKey = (rows) => new Map(rows.map((row) => [row.key, row]));
  const [ours, theirs] = [byKey(actual), byKey(expected)];
  assert.equal(ours.size, actual.length, `${what}: a key stands for one row`);
  assert.deepEqual([...ours.keys()].sort(), [...theirs.keys()].sort(), `${what}: keys`);
  for (const [key, row] of theirs) assert.deepEqual(ours.get(key), row, `${what}: ${JSON.stringify(key)}`);
}

function pick(object, names) {
  return Object.fromEntries(names.map((name) => [name, object[name]]));
}

/** The slices of DevTools' pie. */
function statistics({ total, native, v8heap }) {
  return {
    totalSize: total,
    v8HeapSize: v8heap.total,
    codeSize: v8heap.code,
    stringsSize: v8heap.strings,
    jsArraysSize: v8heap.jsArrays,
    systemSize: v8heap.system,
    otherJsSize: v8heap.total - v8heap.code - v8heap.strings - v8heap.jsArrays - v8heap.system,
    nativeSize: native.total,
    typedArraysSize: native.typedArrays,
    otherNativeSize: native.total - native.typedArrays,
  };
}

/** DevTools shows a minus sign for what no user root reaches. */
function shownDistance(distance) {
  return distance >= 0 && distance < 100_000_000 ? distance : null;
}

function assertSameNode(node, wanted) {
  // Making the message costs more than the comparison.
  for (const name in wanted) {
    if (node[name] !== wanted[name]) assert.deepEqual(pick(node, Object.keys(wanted)), wanted);
  }
}

/** One snapshot against DevTools' facts of it. */
function assertAgrees(snapshot, facts) {
  const expected = facts.columns;
  assert.equal(snapshot.nodeCount, facts.nodeCount);
  assert.equal(snapshot.edgeCount, facts.edgeCount);
  assert.equal(snapshot.totalSize, facts.totalSize);

  const columns = snapshot.columns();
  const numbers = ['id', 'shallowSize', 'retainedSize', 'distance', 'immediateDominator'];
  const found = numbers.flatMap((name) => differences(name, expected.id, columns[name], expected[name]));
  assert.equal(found.length, 0, found.join('\n'));

  const texts = (column, ordinal) => column.texts[column.index[ordinal]];
  const wanted = (ordinal) => ({
    id: expected.id[ordinal],
    name: texts(expected.name, ordinal),
    type: texts(expected.type, ordinal),
    className: texts(expected.className, ordinal),
    classKey: texts(expected.classKey, ordinal),
    shallowSize: expected.shallowSize[ordinal],
    retainedSize: expected.retainedSize[ordinal],
    distance: shownDistance(expected.distance[ordinal]),
    detachedness: expected.detachedness[ordinal],
    retainerCount: expected.retainerCount[ordinal],
  });
  // By id, and in file order where an id stands twice.
  const ordinals = [...expected.id.keys()].sort((a, b) => expected.id[a] - expected.id[b] || a - b);
  const all = snapshot.find({ sortBy: 'id', ...ALL });
  assert.equal(all.length, facts.nodeCount);
  for (const [i, ordinal] of ordinals.entries()) assertSameNode(all[i], wanted(ordinal));
  for (let i = 0; i < ordinals.length; i += Math.ceil(ordinals.length / 50)) {
    // Asked alone, an id that stands twice means the first node.
    const first = expected.id.indexOf(expected.id[ordinals[i]]);
    assertSameNode(snapshot.node(expected.id[first]), wanted(first));
  }

  assert.deepEqual(snapshot.statistics(), statistics(facts.statistics));
  const rows = snapshot.classes({ devtoolsCompat: true, ...ALL });
  assertSameRows(
    rows.map((row) => pick(row, Object.keys(facts.classes[0] ?? {}))),
    facts.classes,
    'class rows',
  );
  assertMembers(snapshot, facts);

  for (const { where, ordinals } of facts.filtered) {
    const found = snapshot.find({ where, ...ALL }).map(({ id }) => id);
    assert.deepEqual(ascending(found), ascending([...ordinals].map((ordinal) => expected.id[ordinal])), where);
  }

  for (const { ordinal, rows } of facts.retainers) {
    const id = expected.id[ordinal];
    if (expected.id.indexOf(id) !== ordinal) continue;
    const retainers = snapshot
      .retainers(id, ALL)
      .map(({ name, type, node }) => ({ edge: String(name), type, id: node.id, name: node.name }));
    assert.deepEqual(retainers, rows, `retainers of @${id}`);
  }

  const groups = snapshot
    .duplicateStrings(ALL)
    .map((group) => pick(group, ['value', 'count', 'shallowSize', 'retainedSize', 'ids']));
  assert.deepEqual(
    groups,
    facts.duplicateStrings.map((group) => ({ ...group, ids: group.ids.slice(0, 10) })),
  );
}

/** The instances of a class are DevTools' members of it. */
function assertMembers(snapshot, { columns, classes }) {
  const members = new Map(classes.map(({ key }) => [key, []]));
  for (let ordinal = 0; ordinal < columns.id.length; ordinal++) {
    if (columns.shallowSize[ordinal] > 0)
      members.get(columns.classKey.texts[columns.classKey.index[ordinal]])?.push(columns.id[ordinal]);
  }
  // Every node has told its class above; here the way back is tested, for some.
  const step = Math.ceil(members.size / 40);
  for (const [i, [key, ids]] of [...members].entries()) {
    if (i % step > 0) continue;
    const instances = snapshot.instances(key, ALL).map(({ id }) => id);
    assert.deepEqual(ascending(instances), ascending(ids), `instances of ${JSON.stringify(key)}`);
  }
}

/** Two snapshots and the Comparison of them. */
function assertPairAgrees(before, after, verdict) {
  const snapshots = [leakscan.parse(before), leakscan.parse(after)];
  try {
    assertAgrees(snapshots[0], verdict.before);
    assertAgrees(snapshots[1], verdict.after);
    const delta = leakscan.diff(...snapshots, { devtoolsCompat: true });
    const names = ['key', 'name', 'addedCount', 'removedCount', 'countDelta', 'addedSize', 'removedSize', 'sizeDelta'];
    assertSameRows(
      delta.classes.map((row) => pick(row, names)),
      verdict.comparison.map((row) => pick(row, names)),
      'Comparison',
    );
    const [allocatedAfter, allocatedUntil] = snapshots;
    const between = snapshots[1].find({ allocatedAfter, allocatedUntil, sortBy: 'id', ...ALL }).map(({ id }) => id);
    assert.deepEqual(between, [...verdict.allocatedBetween], 'allocated between');
    for (const { key, addedIds } of verdict.comparison) {
      assert.deepEqual(ascending([...delta.added(key, ALL)]), addedIds, `added objects of ${JSON.stringify(key)}`);
    }
  } finally {
    for (const snapshot of snapshots) snapshot.dispose();
  }
}

for (const { line, version, path: node } of nodes()) {
  const place = path.join(directory, String(line));
  let taken;
  const take = () => {
    mkdirSync(place);
    const program = fileURLToPath(new URL('devtools/program.cjs', import.meta.url));
    return promisify(execFile)(node, ['--expose-gc', program, place]);
  };
  for (const mode of ['plain', 'internals']) {
    test(`Node.js ${version}, ${mode}`, async () => {
      await (taken ??= take());
      const [before, after] = ['before', 'after'].map((moment) => path.join(place, `${moment}-${mode}.heapsnapshot`));
      const [verdict] = await pool.judge([{ before, after }]);
      assert.ok(verdict.after.nodeCount > 50_000 && verdict.comparison.length > 50, 'the program is rich enough');
      assertPairAgrees(before, after, verdict);
    });
  }
}

test(`${FUZZED_PAIRS} fuzzed pairs`, async () => {
  const batches = [];
  for (let seed = 0; seed < FUZZED_PAIRS; seed += 50) {
    batches.push(Array.from({ length: 50 }, (_, i) => pair(seed + i)));
  }
  let compared = 0;
  await Promise.all(
    batches.map(async (pairs) => {
      const verdicts = await pool.judge(pairs, { retainerSamples: 100 });
      for (const [i, { seed, before, after }] of pairs.entries()) {
        try {
          assertPairAgrees(before, after, verdicts[i]);
          compared++;
        } catch (error) {
          error.message = `seed ${seed}: ${error.message}`;
          throw error;
        }
      }
    }),
  );
  assert.equal(compared, FUZZED_PAIRS);
});
