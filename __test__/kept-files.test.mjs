// What is kept on disk stays within its bounds, and the oldest goes first: of evidence of tests, of watchers and of V8's own
// snapshots alike.

import assert from 'node:assert/strict';
import { readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { after, beforeEach, test } from 'node:test';

const require = createRequire(import.meta.url);
const { keptFiles, removeOldest } = require('../lib/kept-files.js');
const { temporaryDirectory } = require('./inputs.cjs');

const directory = temporaryDirectory({ after });
const ours = /\.kept$/;
const file = (name) => path.join(directory, name);

/** Older in the order of their numbers, whatever their names. */
beforeEach(() => {
  for (const [age, name] of ['b.kept', 'c.kept', 'a.kept', 'other'].entries()) {
    writeFileSync(file(name), 'x'.repeat(100));
    utimesSync(file(name), 1000 + age, 1000 + age);
  }
});

const names = (files) => files.map(({ name }) => name);
const left = () => readdirSync(directory).sort();

test('files are listed by name, the oldest first', () => {
  assert.deepEqual(names(keptFiles(directory, ours)), ['b.kept', 'c.kept', 'a.kept']);
});

test('the oldest are removed until the rest are few enough', () => {
  assert.deepEqual(names(removeOldest(keptFiles(directory, ours), { most: 2 })), ['c.kept', 'a.kept']);
  assert.deepEqual(left(), ['a.kept', 'c.kept', 'other']);
});

test('the oldest are removed until the rest are small enough', () => {
  assert.deepEqual(names(removeOldest(keptFiles(directory, ours), { maxBytes: 199 })), ['a.kept']);
  assert.deepEqual(left(), ['a.kept', 'other']);
});

test('what is spared stays, and counts', () => {
  assert.deepEqual(names(removeOldest(keptFiles(directory, ours), { most: 1, spare: [file('b.kept'), undefined] })), ['b.kept']);
});

test('within bounds nothing is removed', () => {
  assert.equal(removeOldest(keptFiles(directory, ours), { most: 3, maxBytes: 300 }).length, 3);
  assert.equal(left().length, 4);
});
