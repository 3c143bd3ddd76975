'use strict';
// Snapshots for the tests: small ones made of a description, a real one of this Node.js, a large one without a process.

const { execFileSync } = require('node:child_process');
const { closeSync, mkdtempSync, openSync, rmSync, writeSync } = require('node:fs');
const { tmpdir } = require('node:os');
const path = require('node:path');
const { write } = require('./snapshot-text.cjs');

/**
 * A directory that is gone after the test (or the suite).
 * @param {{ after(callback: () => void): void }} context of the test, or the module `node:test`
 */
function temporaryDirectory(context) {
  const directory = mkdtempSync(path.join(tmpdir(), 'leakscan-test-'));
  context.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** root -> (GC roots); root -> global -> cache -> two entries that share a string. Ids 1, 3, 5, 7, 9, 11, 13. */
function smallHeap() {
  const node = (type, name, id, size, edges = []) => ({ type, name, id, size, edges });
  return {
    nodes: [
      node('synthetic', '', 1, 0, [
        { type: 'element', name: 1, to: 1 },
        { type: 'shortcut', name: '2', to: 2 },
      ]),
      node('synthetic', '(GC roots)', 3, 0, [{ type: 'weak', name: 'weak', to: 6 }]),
      node('object', 'global', 5, 24, [{ type: 'property', name: 'cache', to: 3 }]),
      node('object', 'Cache', 7, 32, [
        { type: 'property', name: 'first', to: 4 },
        { type: 'element', name: 0, to: 5 },
      ]),
      node('object', 'Entry', 9, 40, [{ type: 'property', name: 'text', to: 6 }]),
      node('object', 'Entry', 11, 48, [{ type: 'property', name: 'text', to: 6 }]),
      node('string', 'shared text', 13, 56),
    ],
  };
}

/** The bytes of {@link smallHeap}. */
function smallSnapshot() {
  return write(smallHeap());
}

/**
 * A snapshot this Node.js takes of a fresh process that ran `program` first.
 * @param {string} file where to write it
 * @param {string} [program] source text
 */
function takeSnapshot(file, program = '') {
  const source = `${program}\n;require('node:v8').writeHeapSnapshot(${JSON.stringify(file)})`;
  execFileSync(process.execPath, ['--expose-gc', '-e', source], { stdio: ['ignore', 'ignore', 'inherit'] });
  return file;
}

/**
 * Writes a snapshot of about `megabytes` MB: a tree of objects with cross references, all alive.
 * @param {string} file
 * @param {number} megabytes
 */
function writeLargeSnapshot(file, megabytes) {
  // Measured: a node with its three edges takes 54 bytes on average.
  const count = Math.round((megabytes * 1e6) / 54);
  const { snapshot, strings } = JSON.parse(smallSnapshot().toString());
  const stride = snapshot.meta.node_fields.length;
  const out = openSync(file, 'w');
  const section = (name, record) => {
    writeSync(out, `,\n"${name}":[`);
    const batch = [];
    for (let i = 0; i < count; i++) {
      batch.push(record(i));
      if (batch.length === 65536 || i === count - 1) {
        writeSync(out, (i < batch.length ? '' : ',') + batch.join(','));
        batch.length = 0;
      }
    }
    writeSync(out, ']');
  };
  writeSync(out, `{"snapshot":${JSON.stringify({ ...snapshot, node_count: count, edge_count: 3 * count })}`);
  section('nodes', (i) => `${i === 0 ? 9 : 3},${1 + (i % 5)},${2 * i + 1},${16 + 8 * (i % 7)},3,0`);
  const to = (i) => (i % count) * stride;
  section('edges', (i) => `2,1,${to(2 * i + 1)},1,7,${to(2 * i + 2)},3,2,${to(i * 7919)}`);
  writeSync(
    out,
    `,\n"trace_function_infos":[],"trace_tree":[],"samples":[],"locations":[],"strings":${JSON.stringify(strings)}}`,
  );
  closeSync(out);
  return file;
}

module.exports = { smallHeap, smallSnapshot, takeSnapshot, temporaryDirectory, writeLargeSnapshot };
