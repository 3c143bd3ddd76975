'use strict';
// find({ where }): the same nodes as the plain predicate finds. DevTools' filters are in devtools.test.mjs.

const assert = require('node:assert/strict');
const { readFileSync } = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { auditListeners, parse } = require('..');
const heaps = require('./cli/heaps.cjs');
const { write } = require('./snapshot-text.cjs');

const snapshot = parse(heaps.bytes('leaking'));
const all = snapshot.find({ limit: 1e6 });
const ids = (nodes) => nodes.map(({ id }) => id).sort((a, b) => a - b);

test('every term holds for the nodes that a plain predicate finds', () => {
  const cases = [
    ['', () => true],
    ['class:Array', (node) => node.className === 'Array'],
    ['class:"Session 🙂"', (node) => node.className === 'Session 🙂'],
    ['class~SESS', (node) => /sess/i.test(node.className)],
    ['class~サービス', (node) => node.className.includes('サービス')],
    ['not class:Array', (node) => node.className !== 'Array'],
    ['name:onChange', (node) => node.name === 'onChange'],
    ['name~"AN EQUAL"', (node) => /an equal/i.test(node.name)],
    ['type:closure', (node) => node.type === 'closure'],
    ['retained>1kB', (node) => node.retainedSize > 1000],
    ['retained>=1000', (node) => node.retainedSize >= 1000],
    ['shallow<1KiB', (node) => node.shallowSize < 1024],
    ['shallow<=48', (node) => node.shallowSize <= 48],
    ['distance<5', (node) => node.distance !== null && node.distance < 5],
    ['not distance<5', (node) => node.distance === null || node.distance >= 5],
    ['edges=0', (node) => node.edgeCount === 0],
    ['retainers>1', (node) => node.retainerCount > 1],
    ['id=11', (node) => node.id === 11],
    ['type:string retained>900 not name~red', (node) => node.type === 'string' && node.retainedSize > 900 && !/red/.test(node.name)],
    ['  type:string and name~"user 1" ', (node) => node.type === 'string' && /user 1/.test(node.name)],
    ['is:duplicated-string', (node) => /held twice/.test(node.name)],
  ];
  for (const [where, holds] of cases) assert.deepEqual(ids(snapshot.find({ where, limit: 1e6 })), ids(all.filter(holds)), where);
  for (const where of ['type:closure', 'retained>1kB', 'class~sess']) assert.notEqual(snapshot.find({ where }).length, 0, where);
});

test('detachedness is as V8 states it', () => {
  const names = ['unknown', 'attached', 'detached'];
  const native = (detachedness) => ({ type: 'native', name: 'Handle', id: 2 * detachedness + 11, size: 8, detachedness, edges: [] });
  const root = { type: 'synthetic', name: '', id: 1, size: 0, edges: [2, 1, 0].map((state) => ({ type: 'element', name: state, to: state + 1 })) };
  const heap = parse(write({ nodes: [root, native(0), native(1), native(2)] }));
  for (const [state, name] of names.entries()) {
    assert.deepEqual(ids(heap.find({ where: `detachedness:${name} type:native` })), [2 * state + 11], name);
  }
});

test('listeners are those that the audit counts', () => {
  const audit = auditListeners(snapshot);
  for (const name of ['EventEmitter', 'change']) {
    const found = snapshot.find({ where: `listener-of:${name}`, limit: 1e6 });
    assert.equal(found.length, audit.totalListeners);
    assert.deepEqual(new Set(found.map(({ name }) => name)), new Set(['onChange']));
  }
  assert.equal(snapshot.find({ where: 'listener-of:nobody' }).length, 0);
  const retained = snapshot.find({ where: 'retained-by:listeners', limit: 1e6 });
  // Their shared code is held by nothing else; the script is.
  assert.deepEqual(new Set(retained.map(({ type, name }) => `${type} ${name}`)), new Set(['closure onChange', 'code onChange']));
});

test('it is one more condition beside the others, in any order and window', () => {
  const found = snapshot.find({ where: 'retained>900', type: 'string', sortBy: 'id', limit: 3, offset: 1 });
  const expected = all.filter((node) => node.type === 'string' && node.retainedSize > 900);
  assert.deepEqual(found.map(({ id }) => id), ids(expected).slice(1, 4));
});

test('what is no search is refused, with the column', () => {
  const cases = [
    ['bigger>1', 1],
    ['type:closure class', 14],
    ['id=1 retained>1XB', 6],
    ['name:"x', 6],
    ['type:closure type:sting', 14],
  ];
  for (const [where, column] of cases) {
    const message = new RegExp(`^search, column ${column}: expected `);
    assert.throws(() => snapshot.find({ where }), { code: 'ERR_LEAKSCAN_INVALID_ARG', name: 'LeakscanError', message }, where);
  }
  assert.throws(() => snapshot.find({ where: 7 }), { code: 'ERR_LEAKSCAN_INVALID_ARG' });
  assert.throws(() => snapshot.find({ allocatedAfter: 7 }), { code: 'ERR_LEAKSCAN_INVALID_ARG', message: /to be a Snapshot/ });
});

test('docs/query.md names the terms that the source does', () => {
  const terms = (text) => [...text.matchAll(/^(?:\/\/! )?\| (`[^|]*`) \|/gm)].flatMap(([, cell]) => cell.match(/`([a-z-]+)/g));
  const document = terms(readFileSync(path.join(__dirname, '..', 'docs', 'query.md'), 'utf8').split('## ')[0]);
  const source = terms(readFileSync(path.join(__dirname, '..', 'src', 'analysis', 'query.rs'), 'utf8'));
  assert.deepEqual([...new Set(document)], [...new Set(source)]);
  assert.ok(source.length > 8);
});
