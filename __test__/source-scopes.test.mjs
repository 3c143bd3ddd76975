// Which variable of a shared scope keeps what, and which function needs it: told from the source of the script that ran.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ROUNDS } from './causes/run.mjs';
import { nodes } from './nodes/nodes.mjs';

const require = createRequire(import.meta.url);
const { summarize } = require('..');
const { temporaryDirectory } = require('./inputs.cjs');
const esbuild = await import(
  pathToFileURL(fileURLToPath(new URL('devtools/node_modules/esbuild/lib/main.js', import.meta.url))).href
);

const directory = temporaryDirectory({ after });
const source = readFileSync(new URL('causes/sources/scopes.cjs', import.meta.url), 'utf8');
mkdirSync(path.join(directory, 'dist'));

/** Writes a program; its path. */
function write(name, text) {
  const file = path.join(directory, 'dist', name);
  writeFileSync(file, text);
  return file;
}

/** Two snapshots of a program's work. */
function snapshots(node, program, work) {
  const files = ['before', 'after'].map((moment) => path.join(directory, `${work}-${moment}.heapsnapshot`));
  const env = { ...process.env, ROUNDS: fileURLToPath(new URL('causes/rounds.cjs', import.meta.url)) };
  execFileSync(node, ['--expose-gc', program, work, ...files], { env, stdio: ['ignore', 'ignore', 'inherit'] });
  return files;
}

const told = (files, options) => {
  const summary = summarize(files, { rounds: ROUNDS, ...options });
  assert.equal(summary.findings[0].cause, 'listeners', String(summary));
  return { ...summary.findings[0].evidence, text: String(summary).replace(/\s+/g, ' ') };
};
const lineOf = (mark) => 1 + source.split('\n').findIndex((line) => line.endsWith(`// ${mark}`));

for (const { line, version, path: node } of nodes()) {
  test(`a listener made inside of a promise, on Node.js ${version}`, () => {
    const files = snapshots(node, write('scopes.cjs', source), 'proxy');
    const { sharedScope, variable, usesKnownBy, text } = told(files);
    // Node.js 26 lets go of a settled promise's value: then nothing big is kept.
    if (line >= 26 && sharedScope === undefined) return;
    assert.equal(variable, 'resolve');
    assert.equal(usesKnownBy, 'source');
    const place = `dist/scopes\\.cjs:${lineOf('needs resolve') - 2}:\\d+`;
    assert.match(sharedScope, new RegExp(`^the listener uses nothing of its scope, but shares it with .*${place}, which needs`));
    assert.match(text, /why the listener uses nothing of its scope.*`resolve` keeps one /);
  });
}

test('a parameter, which bytecode does not name', () => {
  const program = write('scopes.cjs', source);
  const files = snapshots(process.execPath, program, 'parameter');
  const known = told(files);
  assert.deepEqual([known.variable, known.usesKnownBy], ['text', 'source']);
  assert.match(known.sharedScope, /^the listener does not use `text`, but shares its scope with `render`/);
  // A file that is another than the one that ran is not believed: neither by its length nor by where functions stand.
  for (const other of [`// one more line\n${source}`, source.slice(0, 700), '']) {
    writeFileSync(program, other);
    assert.notEqual(told(files).usesKnownBy, 'source', other.slice(0, 30));
  }
  // Nor is anything but a file read.
  writeFileSync(program, source);
  assert.equal(told(files).usesKnownBy, 'source');
  assert.equal(told(files, { sourceMaps: false }).usesKnownBy, 'source', 'that is about maps');
});

test('a listener that uses what it keeps is not explained', () => {
  assert.equal(told(snapshots(process.execPath, write('scopes.cjs', source), 'own')).sharedScope, undefined);
});

test('modules, and bundles of one line', () => {
  const options = { loader: 'js', format: 'esm', platform: 'node' };
  const esm = source
    .replace("const { EventEmitter } = require('node:events');", "import { EventEmitter } from 'node:events'; import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);")
    .replace("'use strict';", '');
  const programs = {
    'scopes.mjs': esm,
    'scopes.min.mjs': esbuild.transformSync(esm, { ...options, minify: true }).code,
    'scopes.min.cjs': esbuild.transformSync(source, { ...options, format: 'cjs', minify: true }).code,
  };
  for (const [name, text] of Object.entries(programs)) {
    const known = told(snapshots(process.execPath, write(name, text), 'parameter'));
    assert.equal(known.usesKnownBy, 'source', name);
    assert.match(known.sharedScope, /^the listener does not use `\w+`, but shares its scope with /, name);
  }
});
