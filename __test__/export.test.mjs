// export: the tables are the API's answers, in every format; the queries of docs/fleet.md say which version of a fleet leaks.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import leakscan from '../index.js';
import heaps from './cli/heaps.cjs';
import { python } from './fleet/python.mjs';
import inputs from './inputs.cjs';
import { nodes } from './nodes/nodes.mjs';

const directory = inputs.temporaryDirectory({ after });
const here = (file) => fileURLToPath(new URL(file, import.meta.url));
const ALL = { limit: Number.MAX_SAFE_INTEGER };
const lines = (file) => readFileSync(file, 'utf8').split('\n').slice(0, -1);

test('the tables are what the API answers', async () => {
  const snapshot = leakscan.parse(heaps.bytes('leaking'));
  const to = path.join(directory, 'ndjson');
  const written = await leakscan.exportTables(snapshot, to, { format: 'ndjson', labels: { version: '1.4.2', pod: 'a"b' } });
  assert.deepEqual(written.map(({ table, file }) => [table, file]), ['nodes', 'edges', 'classes', 'findings'].map((name) => [name, `${name}.ndjson`]));
  assert.deepEqual(readdirSync(to).sort(), ['classes.ndjson', 'edges.ndjson', 'findings.ndjson', 'nodes.ndjson']);
  const table = (name) => lines(path.join(to, `${name}.ndjson`)).map((row) => JSON.parse(row));
  for (const { table: name, rowCount } of written) assert.equal(table(name).length, rowCount);
  for (const row of table('classes')) assert.deepEqual([row.version, row.pod], ['1.4.2', 'a"b']);

  assert.equal(table('edges').length, snapshot.edgeCount);
  const all = snapshot.find({ sortBy: 'id', ...ALL });
  const exported = table('nodes').sort((a, b) => a.id - b.id);
  for (const [at, node] of all.entries()) {
    const { id, type, shallow_size, retained_size, distance, detachedness, edge_count, retainer_count, class_name } = exported[at];
    assert.deepEqual(
      [id, type, shallow_size, retained_size, distance, detachedness, edge_count, retainer_count, class_name],
      [node.id, node.type, node.shallowSize, node.retainedSize, node.distance, node.detachedness, node.edgeCount, node.retainerCount, node.className],
    );
  }
  const classes = snapshot.classes(ALL);
  assert.deepEqual(table('classes').map((row) => [row.class_name, row.count, row.retained_size]), classes.map((row) => [row.name, row.count, row.retainedSize]));
  const { findings } = leakscan.summarize(snapshot);
  assert.deepEqual(table('findings').map((row) => [row.rank, row.signature, row.title]), findings.map(({ signature, title }, at) => [at + 1, signature, title]));
  assert.doesNotMatch(readFileSync(path.join(to, 'nodes.ndjson'), 'utf8'), /an equal text|user 1 /, 'no contents of strings');
});

test('CSV is quoted, and only the tables asked for are written', async () => {
  const to = path.join(directory, 'csv');
  await leakscan.exportTables(heaps.bytes('leaking'), to, { format: 'csv', tables: ['classes'], labels: { pod: 'a,"b"' } });
  assert.deepEqual(readdirSync(to), ['classes.csv']);
  const [header, first] = lines(path.join(to, 'classes.csv'));
  assert.equal(header, 'pod,class_name,count,shallow_size,retained_size,distance,url,line,column');
  assert.match(first, /^"a,""b""",/);
});

test('wrong wishes are refused', async () => {
  const bytes = heaps.bytes('before');
  for (const options of [{ format: 'xlsx' }, { labels: { 'a b': 'c' } }, { labels: { a: 1 } }, { tables: ['node'] }, { tables: 'nodes' }]) {
    await assert.rejects(leakscan.exportTables(bytes, directory, options), { code: 'ERR_LEAKSCAN_INVALID_ARG' }, JSON.stringify(options));
  }
  const file = path.join(directory, 'a-file');
  writeFileSync(file, '');
  await assert.rejects(leakscan.exportTables(bytes, path.join(file, 'tables')), { code: 'ERR_LEAKSCAN_IO' });
});

// Where there is no python3, nobody can run them.
for (const run of python() ? [python()] : []) {
  test('the queries of docs/fleet.md find the version that leaks, over 20 snapshots of 4 processes', async () => {
    const place = path.join(directory, 'fleet');
    const node = nodes().at(-1).path;
    for (const [pod, version] of [['a', '1.0.0'], ['b', '1.0.0'], ['c', '1.1.0'], ['d', '1.1.0']]) {
      const heap = path.join(directory, `heaps-${pod}`);
      mkdirSync(heap);
      execFileSync(node, ['--expose-gc', here('fleet/service.cjs'), heap, version, '5']);
      for (let at = 0; at < 5; at++) {
        const labels = { service: 'shop', version, pod, taken: String(at) };
        await leakscan.exportTables(path.join(heap, `${at}.heapsnapshot`), path.join(place, 'tables', `${pod}-${at}`), { labels });
      }
    }
    const output = execFileSync(run, [here('fleet/queries.py'), here('../docs/fleet.md'), 'Tables', place], { encoding: 'utf8', maxBuffer: 1 << 26 });
    const [growth, holders, signatures] = JSON.parse(output);
    const session = growth.find(({ class_name }) => class_name === 'Session');
    assert.deepEqual(session, { version: '1.1.0', class_name: 'Session', pods: 2, growth: 240, bytes: session.bytes });
    assert.ok(growth.every(({ version, class_name }) => version === '1.1.0' || class_name !== 'Session'));
    assert.deepEqual(holders.map(({ version, holder, name, sessions }) => [version, holder, name, sessions]), [['1.1.0', 'Array', 'sessions', 150]]);
    assert.ok(Array.isArray(signatures));
  });
}
