// The package is CommonJS; its names import from ES modules all the same, and there is one copy of everything.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import leakscan, {
  LeakscanError,
  auditListeners,
  auditListenersAsync,
  diff,
  diffAsync,
  parse,
  parseAsync,
  summarize,
  summarizeAsync,
} from 'leakscan';

const required = createRequire(import.meta.url)('leakscan');

test('named imports are the exports of the package', () => {
  const named = {
    LeakscanError,
    auditListeners,
    auditListenersAsync,
    diff,
    diffAsync,
    parse,
    parseAsync,
    summarize,
    summarizeAsync,
  };
  for (const [name, value] of Object.entries(named)) {
    assert.equal(value, required[name], name);
    assert.equal(value.name, name);
  }
  assert.equal(leakscan, required);
});

test('every export can be imported by name', async () => {
  const namespace = await import('leakscan');
  for (const name of Object.keys(required)) assert.equal(namespace[name], required[name], name);
});

test('an error of the package is one, however it was imported', () => {
  assert.throws(
    () => parse('missing.heapsnapshot'),
    (error) => error instanceof LeakscanError && error instanceof required.LeakscanError,
  );
});
