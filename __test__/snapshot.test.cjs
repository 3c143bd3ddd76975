'use strict';
// Every method of Snapshot on a real file, checked against a plain reading of the same JSON.

const assert = require('node:assert/strict');
const { readFileSync } = require('node:fs');
const path = require('node:path');
const { after, before, describe, test } = require('node:test');
const leakscan = require('..');
const { smallHeap, takeSnapshot, temporaryDirectory } = require('./inputs.cjs');
const { write } = require('./snapshot-text.cjs');

const PROGRAM = `
  class Session { constructor(n) { this.number = 'n' + n; this.data = { text: 'text of session ' + n, list: [n, {}] } } }
  globalThis.sessions = Array.from({ length: 120 }, (_, n) => new Session(n));
  globalThis.bytes = Buffer.alloc(100_000);
  gc()`;

const directory = temporaryDirectory({ after });
/** @type {import('..').Snapshot} */
let snapshot;
/** The same file through JSON.parse: nodes as objects with their edges. */
let plain;
before(() => {
  const file = takeSnapshot(path.join(directory, 'real.heapsnapshot'), PROGRAM);
  snapshot = leakscan.parse(file);
  plain = read(JSON.parse(readFileSync(file, 'utf8')));
});

function read({ snapshot: { meta, ...counts }, nodes, edges, strings }) {
  const stride = meta.node_fields.length;
  const at = Object.fromEntries(meta.node_fields.map((name, i) => [name, i]));
  const list = [];
  let edge = 0;
  for (let i = 0; i < nodes.length; i += stride) {
    const node = {
      id: nodes[i + at.id],
      type: meta.node_types[0][nodes[i + at.type]],
      name: strings[nodes[i + at.name]],
      edges: [],
    };
    for (let k = 0; k < nodes[i + at.edge_count]; k++, edge += 3) {
      const type = meta.edge_types[0][edges[edge]];
      const name = type === 'element' || type === 'hidden' ? edges[edge + 1] : strings[edges[edge + 1]];
      node.edges.push({ type, name, to: nodes[edges[edge + 2] + at.id] });
    }
    list.push(node);
  }
  return { counts, meta, nodes: list, byId: new Map(list.map((node) => [node.id, node])) };
}

const sessions = () => plain.nodes.filter(({ type, name }) => type === 'object' && name === 'Session');

test("the counts and the header are the file's", () => {
  assert.equal(snapshot.nodeCount, plain.counts.node_count);
  assert.equal(snapshot.edgeCount, plain.counts.edge_count);
  assert.equal(snapshot.meta.nodeCount, snapshot.nodeCount);
  assert.equal(snapshot.meta.edgeCount, snapshot.edgeCount);
  assert.equal(snapshot.meta.extraNativeBytes, plain.counts.extra_native_bytes ?? 0);
  const odd = plain.nodes.map(({ id }) => id).filter((id) => id % 2 === 1);
  assert.equal(
    snapshot.meta.maxId,
    odd.reduce((a, b) => Math.max(a, b)),
  );
});

test('columns: typed arrays in file order', () => {
  const { id, shallowSize, retainedSize, distance, immediateDominator } = snapshot.columns();
  assert.deepEqual(
    [...id],
    plain.nodes.map((node) => node.id),
  );
  for (const column of [id, shallowSize, retainedSize, distance, immediateDominator]) {
    assert.ok(ArrayBuffer.isView(column) && column.length === plain.nodes.length);
    assert.equal(typeof column[0], 'number', 'plain numbers, never BigInt');
  }
  assert.equal(immediateDominator[0], id[0], 'the root dominates itself');
  assert.equal(
    shallowSize.reduce((sum, size) => sum + size, 0),
    retainedSize[0],
  );
  assert.equal(retainedSize[0] + (plain.counts.extra_native_bytes ?? 0), snapshot.totalSize);
  // Retained sizes are sums over the dominator tree.
  const position = new Map([...id].map((it, i) => [it, i]));
  const sums = Float64Array.from(shallowSize);
  const depth = (i) => {
    let steps = 0;
    for (let up = i; up !== 0; up = position.get(immediateDominator[up])) steps++;
    return steps;
  };
  const order = [...id.keys()].map((i) => [depth(i), i]).sort((a, b) => b[0] - a[0]);
  for (const [steps, i] of order) if (steps > 0) sums[position.get(immediateDominator[i])] += sums[i];
  assert.deepEqual([...retainedSize], [...sums]);
});

test('classes: rows, by retained size unless asked otherwise', () => {
  const rows = snapshot.classes({ limit: 10_000 });
  const row = rows.find(({ name }) => name === 'Session');
  assert.equal(row.count, 120);
  assert.ok(row.retainedSize > row.shallowSize && row.shallowSize > 0);
  assert.ok(row.distance > 0);
  for (let i = 1; i < rows.length; i++) assert.ok(rows[i - 1].retainedSize >= rows[i].retainedSize);
  for (const sortBy of ['count', 'shallowSize']) {
    const sorted = snapshot.classes({ sortBy, limit: 10_000 });
    for (let i = 1; i < sorted.length; i++) assert.ok(sorted[i - 1][sortBy] >= sorted[i][sortBy], sortBy);
    assert.equal(sorted.length, rows.length);
  }
  assert.deepEqual(snapshot.classes({ limit: 3 }), rows.slice(0, 3));
  assert.deepEqual(snapshot.classes({ limit: 3, offset: 2 }), rows.slice(2, 5));
  assert.deepEqual(snapshot.classes({ limit: 0 }), []);
  const filtered = snapshot.classes({ filter: 'Sessio' });
  assert.ok(filtered.length >= 1 && filtered.every(({ name }) => name.includes('Sessio')));
  assert.equal(new Set(rows.map(({ key }) => key)).size, rows.length, 'a key stands for one row');
});

test('classes: groups that DevTools loses are merged', () => {
  const heap = smallHeap();
  const closure = (id) => ({ type: 'closure', name: 'f', id, size: 64, edges: [] });
  heap.nodes.push(closure(101), { type: 'object', name: 'Function', id: 103, size: 32, edges: [] }, closure(105));
  heap.nodes[2].edges.push(...[7, 8, 9].map((to) => ({ type: 'property', name: `f${to}`, to })));
  const both = leakscan.parse(write(heap));
  const functions = (options) =>
    both
      .classes(options)
      .filter(({ name }) => name === 'Function')
      .map(({ count }) => count);
  assert.deepEqual(functions(), [3]);
  assert.deepEqual(functions({ devtoolsCompat: true }), [1]);
});

test('instances: of a class by name or by key', () => {
  const ids = sessions()
    .map(({ id }) => id)
    .sort((a, b) => a - b);
  const { key } = snapshot.classes({ filter: 'Session', limit: 1000 }).find(({ name }) => name === 'Session');
  for (const name of ['Session', key]) {
    const instances = snapshot.instances(name, { limit: 1000 });
    assert.deepEqual(
      instances.map(({ id }) => id).sort((a, b) => a - b),
      ids,
    );
    assert.ok(instances.every(({ className }) => className === 'Session'));
  }
  assert.equal(snapshot.instances('Session', { limit: 7 }).length, 7);
  assert.deepEqual(snapshot.instances('no such class'), []);
});

test('find: by name, type and class', () => {
  assert.equal(snapshot.find({ name: 'Session', type: 'object', limit: 1000 }).length, sessions().length);
  assert.ok(
    snapshot
      .find({ name: 'Session', type: 'closure' })
      .every(({ type, name }) => type === 'closure' && name === 'Session'),
  );
  assert.equal(snapshot.find({ className: 'Session', limit: 1000 }).length, 120);
  assert.deepEqual(snapshot.find({ name: 'no such name at all' }), []);
});

test('node: what is known of one object', () => {
  const [{ id }] = sessions();
  const node = snapshot.node(id);
  assert.equal(node.id, id);
  assert.equal(node.name, 'Session');
  assert.equal(node.type, 'object');
  assert.equal(node.className, 'Session');
  assert.ok(node.retainedSize > node.shallowSize && node.shallowSize > 0);
  assert.ok(node.distance > 1);
  assert.equal(node.detachedness, 0);
  for (const name of ['line', 'column']) assert.ok(node.location[name] >= 1, '1-based');
  const root = snapshot.node(1);
  assert.deepEqual([root.type, root.name], ['synthetic', '']);
});

test("edges and retainers are each other's reverse", () => {
  const [session] = sessions();
  const edges = snapshot.edges(session.id, { limit: 1000 });
  const shown = edges.map(({ type, name, node }) => `${type} ${name} ${node.id}`).sort();
  assert.deepEqual(shown, session.edges.map(({ type, name, to }) => `${type} ${name} ${to}`).sort());
  const data = session.edges.find(({ name }) => name === 'data');
  const retainers = snapshot.retainers(data.to);
  assert.ok(retainers.some(({ type, name, node }) => type === 'property' && name === 'data' && node.id === session.id));
});

test("dominator and dominated are each other's reverse", () => {
  const [session] = sessions();
  const data = session.edges.find(({ name }) => name === 'data').to;
  assert.equal(snapshot.dominator(data).id, session.id);
  assert.ok(snapshot.dominated(session.id, { limit: 1000 }).some(({ id }) => id === data));
  assert.equal(snapshot.dominated(1, { limit: 5 }).length, 5);
  const { id, immediateDominator } = snapshot.columns();
  const expected = [...id].filter((it, i) => i > 0 && immediateDominator[i] === session.id);
  assert.deepEqual(
    snapshot
      .dominated(session.id, { limit: 1000 })
      .map((it) => it.id)
      .sort((a, b) => a - b),
    expected.sort((a, b) => a - b),
  );
});

test('retainingPaths: real edges from a root to the object, the shortest first', () => {
  const target = sessions()[5].id;
  const paths = snapshot.retainingPaths(target, { limit: 3 });
  assert.ok(paths.length >= 1 && paths.length <= 3);
  for (const steps of paths) {
    assert.equal(steps.at(-1).node.id, target);
    let from = plain.nodes[0];
    for (const { edgeName, edgeType, node } of steps) {
      const found = from.edges.some(
        ({ type, name, to }) => to === node.id && type === edgeType && String(name) === edgeName && type !== 'weak',
      );
      assert.ok(found, `@${from.id} --${edgeName}--> @${node.id} is an edge of the file`);
      from = plain.byId.get(node.id);
    }
  }
  assert.ok(paths.every((steps, i) => i === 0 || steps.length >= paths[i - 1].length));
});

test('duplicateStrings: equal texts and what they cost', () => {
  const groups = snapshot.duplicateStrings({ limit: 5 });
  assert.ok(groups.length <= 5);
  for (const { value, count } of snapshot.duplicateStrings({ limit: 100_000 })) {
    assert.equal(typeof value, 'string');
    assert.ok(count >= 2);
  }
});

test('statistics add up', () => {
  const { totalSize, v8HeapSize, nativeSize, typedArraysSize, otherNativeSize, ...kinds } = snapshot.statistics();
  assert.equal(totalSize, snapshot.totalSize);
  assert.equal(v8HeapSize + nativeSize, totalSize);
  assert.equal(typedArraysSize + otherNativeSize, nativeSize);
  assert.equal(
    Object.values(kinds).reduce((sum, size) => sum + size),
    v8HeapSize,
  );
  assert.ok(typedArraysSize >= 100_000);
});

test('every list is bounded by default', () => {
  const heap = smallHeap();
  const many = 5000;
  const first = heap.nodes.length;
  for (let i = 0; i < many; i++) {
    const owner = {
      type: 'object',
      name: `Class${i}`,
      id: 1001 + 4 * i,
      size: 32,
      edges: [{ type: 'property', name: 'to', to: 6 }],
    };
    const text = { type: 'string', name: `text ${i % 2500}`, id: 1003 + 4 * i, size: 32, edges: [] };
    owner.edges.push({ type: 'property', name: 'text', to: first + 2 * i + 1 });
    heap.nodes.push(owner, text);
    heap.nodes[3].edges.push({ type: 'element', name: i, to: first + 2 * i });
  }
  const wide = leakscan.parse(write(heap));
  const lists = {
    classes: (options) => wide.classes(options),
    instances: (options) => wide.instances('(string)', options),
    find: (options) => wide.find({ type: 'object', ...options }),
    edges: (options) => wide.edges(7, options),
    retainers: (options) => wide.retainers(13, options),
    dominated: (options) => wide.dominated(7, options),
    duplicateStrings: (options) => wide.duplicateStrings(options),
  };
  for (const [name, list] of Object.entries(lists)) {
    assert.ok(list().length < 2000, `${name} has a default limit`);
    assert.equal(list({ limit: 17 }).length, 17, name);
    assert.ok(list({ limit: 1e6 }).length >= 2500, name);
  }
  assert.equal(wide.retainingPaths(13, { limit: 4 }).length, 4);
});

describe('the variants of the format', () => {
  const expected = () => leakscan.parse(write(smallHeap()));
  const same = (bytes) => {
    const actual = leakscan.parse(bytes);
    assert.deepEqual(actual.columns(), expected().columns());
    assert.deepEqual(actual.classes(), expected().classes());
  };
  const dialects = {
    'a newline after each record': { recordLines: true },
    'whitespace everywhere': { space: ' \r\n\t', colon: ' \n: \t' },
    'only ASCII': { ascii: true },
    'fields of Node.js 12': { nodeFields: ['type', 'name', 'id', 'self_size', 'edge_count', 'trace_node_id'] },
    'fields in another order': {
      nodeFields: ['edge_count', 'detachedness', 'id', 'type', 'self_size', 'name'],
      edgeFields: ['to_node', 'type', 'name_or_index'],
    },
    'more node types': {
      nodeTypes: ['wasm object', 'hidden', 'number', 'string', 'object', 'synthetic', 'of the future'],
    },
    'sections unknown': {
      sections: (sections) => ({ future: { a: ['}', [1e9]] }, ...sections, later: '"strings":[', last: null }),
    },
    'strings first': { sections: ({ snapshot, strings, ...rest }) => ({ snapshot, strings, ...rest }) },
    'edges before nodes': { sections: ({ snapshot, edges, ...rest }) => ({ snapshot, edges, ...rest }) },
    'keys in another order in the header': {
      sections: (sections) => ({
        ...sections,
        snapshot: Object.fromEntries(Object.entries(sections.snapshot).reverse()),
      }),
    },
  };
  for (const [name, dialect] of Object.entries(dialects)) test(name, () => same(write(smallHeap(), dialect)));
  test('a byte order mark', () => same(Buffer.concat([Buffer.from('\ufeff'), write(smallHeap())])));

  test('sizes over 4 GiB, and sums of them', () => {
    const heap = smallHeap();
    heap.nodes[4].size = 5 * 2 ** 32 + 8;
    heap.nodes[5].size = 2 ** 40;
    const snapshot = leakscan.parse(write(heap));
    assert.equal(snapshot.node(9).shallowSize, 5 * 2 ** 32 + 8);
    assert.equal(snapshot.node(7).retainedSize, 32 + 5 * 2 ** 32 + 8 + 2 ** 40 + 56);
    assert.equal(snapshot.classes({ filter: 'Entry' })[0].shallowSize, 5 * 2 ** 32 + 8 + 2 ** 40);
  });

  test('lone surrogates, pairs and every escape come through', () => {
    const names = ['\ud83d', '\ude00\ud83d', '😀', '\u0000\u0001\u001f\u007f', '"\\/\b\f\n\r\t', 'é東\uffff\u2028'];
    for (const ascii of [true, false]) {
      const heap = smallHeap();
      heap.nodes[6].name = names.join('|');
      assert.equal(leakscan.parse(write(heap, { ascii })).node(13).name, names.join('|'));
    }
    const escaped = write(smallHeap()).toString().replace('shared text', '\\u0073\\/\\ud83D\\uDE00');
    assert.equal(leakscan.parse(Buffer.from(escaped)).node(13).name, 's/😀');
  });
});
