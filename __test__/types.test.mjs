// index.d.ts is true: strict TypeScript compiles a program that uses all of it, and it names what the package exports.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import leakscan from '../index.js';

const types = readFileSync(new URL('../index.d.ts', import.meta.url), 'utf8');
const usage = ['usage.ts', 'live.ts', 'series.ts'].map((file) => readFileSync(new URL(`types/${file}`, import.meta.url), 'utf8')).join('\n');
const exported = [
  ...types.matchAll(/^export (?:declare )?(?:abstract )?(?:function|class|const|interface|type) (\w+)/gm),
].map(([, name]) => name);

test('strict TypeScript compiles a program that uses the types', () => {
  const compiler = fileURLToPath(new URL('types/node_modules/typescript/bin/tsc', import.meta.url));
  const project = fileURLToPath(new URL('types', import.meta.url));
  const { stdout, status } = spawnSync(process.execPath, [compiler, '--project', project, '--pretty', 'false'], {
    encoding: 'utf8',
  });
  assert.equal(status, 0, stdout);
});

test('the program uses every type there is', () => {
  assert.ok(exported.length > 20);
  assert.deepEqual(
    exported.filter((name) => !new RegExp(`\\b${name}\\b`).test(usage)),
    [],
  );
});

test('the types name every export of the package, and no other value', () => {
  const values = [...types.matchAll(/^export (?:declare )?(?:function|class|const) (\w+)/gm)].map(([, name]) => name);
  assert.deepEqual([...new Set(values)].sort(), Object.keys(leakscan).sort());
});

test('the types name every member of a snapshot', () => {
  const [body] = types.match(/export class Snapshot \{[^]*?\n\}/);
  const members = Object.getOwnPropertyNames(leakscan.Snapshot.prototype).filter((name) => name !== 'constructor');
  const typed = new Set([...body.matchAll(/^ {2}(?:readonly )?(\w+)[(:]/gm)].map(([, name]) => name));
  for (const name of members) assert.ok(typed.delete(name), `${name} is not in the types`);
  assert.deepEqual(
    [...typed].filter((name) => name !== 'private'),
    [],
    'the types promise more than there is',
  );
});
