'use strict';
// One table of error codes (lib/errors.js); types, documents, Rust and tests name the same codes, in both directions.

const assert = require('node:assert/strict');
const { readFileSync, readdirSync } = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { CODES } = require('../lib/errors.js');

const root = path.join(__dirname, '..');
const table = Object.keys(CODES).sort();
const read = (file) => readFileSync(path.join(root, file), 'utf8');
const codesIn = (text) => [...new Set(text.match(/\bERR_LEAKSCAN_[A-Z_]+/g) ?? [])].sort();

function sources(directory, extension) {
  return readdirSync(path.join(root, directory), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith(extension))
    .map((file) => path.join(directory, file));
}

test('every code of the table says what it means', () => {
  for (const [code, meaning] of Object.entries(CODES)) {
    assert.match(code, /^ERR_LEAKSCAN_[A-Z_]+$/);
    assert.match(meaning, /^[A-Z`].*\.$/s, code);
  }
});

test('the types name the codes of the table', () => {
  assert.deepEqual(codesIn(read('index.d.ts')), table);
});

test('docs/errors.md has one entry for every code of the table, and no other', () => {
  const headings = read('docs/errors.md').match(/^#+ .*ERR_LEAKSCAN_\w+.*$|^\| *`ERR_LEAKSCAN_\w+`/gm) ?? [];
  assert.deepEqual(headings.flatMap(codesIn).sort(), table);
});

test('every code that Rust gives is in the table, every other is given by JavaScript', () => {
  const rust = codesIn(sources('src', '.rs').map(read).join('\n'));
  const script = codesIn(
    [...sources('lib', '.js').filter((file) => path.basename(file) !== 'errors.js'), 'native.js', 'index.js']
      .map(read)
      .join('\n') + read('lib/errors.js').replace(/const CODES[^]*?\}\);/, ''),
  );
  for (const code of [...rust, ...script]) assert.ok(table.includes(code), `${code} is not in the table`);
  assert.deepEqual(
    table.filter((code) => !rust.includes(code) && !script.includes(code)),
    [],
    'nobody gives these',
  );
});

test('every code is provoked by a test', () => {
  const names = codesIn((read('__test__/errors.test.cjs').match(/^test\('ERR_LEAKSCAN_.*$/gm) ?? []).join('\n'));
  // A bug of leakscan that a test can provoke is mended, not tested.
  assert.deepEqual(
    names,
    table.filter((code) => code !== 'ERR_LEAKSCAN_INTERNAL'),
  );
});
