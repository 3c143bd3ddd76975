// leakscan's assertions in real test runners: every leaking test fails, with a message that names the culprit, and every
// healthy test passes. LEAKSCAN_TIMES=50 runs each so often.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { before, test } from 'node:test';
import { checks, installLeakscan, runners } from './frameworks/runners.mjs';

const TIMES = Number(process.env.LEAKSCAN_TIMES ?? 1);
const golden = new URL('frameworks/messages.txt', import.meta.url);

before(installLeakscan);

/** What differs from run to run, runner to runner and machine to machine: sizes, files, stacks, what a runner holds a test by. */
function stable(message) {
  return message
    .replace(/^Error: expect\(.*\n\n/, '')
    .replace(/^ {4}at [\s\S]*/m, '')
    .replace(/^Snapshots:\n(?: {2}.*\n?)*/m, '')
    .replace(/^Heap: .*$/m, 'Heap: …')
    .replace(/( {3}held by {5}).*\n(?: {15}.*\n)*/g, '$1…\n')
    .replace(/(\+\d+ and \+)[\d.]+ k?B/g, '$1…')
    .replace(/keeps {7}.*$/gm, 'keeps       …')
    .trimEnd();
}

/** The messages of the tests that fail, as the golden file has them. */
const messages = Object.fromEntries(
  readFileSync(golden, 'utf8')
    .split(/^=== /m)
    .filter(Boolean)
    .map((part) => [part.slice(0, part.indexOf('\n')), part.slice(part.indexOf('\n') + 1).trimEnd()]),
);

for (const [name, run] of Object.entries(runners)) {
  for (let time = 1; time <= TIMES; time++) {
    test(`${name}: healthy tests pass (${time})`, () => {
      const results = run(process.execPath, 'healthy');
      assert.ok(results.length >= 6, `${results.length} tests`);
      assert.deepEqual(
        results.filter(({ failure }) => failure !== undefined),
        [],
      );
    });
    test(`${name}: leaking tests fail and say why (${time})`, () => {
      const results = run(process.execPath, 'leaking');
      assert.ok(results.length >= 3, `${results.length} tests`);
      for (const { title, failure } of results) {
        assert.notEqual(failure, undefined, title);
        // Vitest makes a block of every module, and V8 does not write the names of a block's variables: less is known there.
        const key = name.startsWith('vitest') ? `${title}, in Vitest` : title;
        if (process.env.UPDATE_GOLDEN) messages[key] ??= stable(failure);
        else assert.equal(stable(failure), messages[key], title);
      }
      if (process.env.UPDATE_GOLDEN) {
        writeFileSync(golden, Object.entries(messages).map(([title, text]) => `=== ${title}\n${text}\n`).join('\n'));
      }
    });
  }
}

for (const { name, run } of checks) {
  test(`${name}: a test file that leaves something behind fails, with the place`, () => {
    const { passed, output } = run(process.execPath, true);
    assert.equal(passed, false, output);
    assert.match(output, /left behind \(accept it in \.leakscanignore\)/);
    assert.match(output, /1 'error' listener on EventEmitter, created at .*left\.cjs:9:\d+/);
    assert.match(output, /1 interval of 60000 ms, created at .*left\.cjs:10:\d+/);
  });
  test(`${name}: a test file that leaves nothing behind passes`, () => {
    const { passed, output } = run(process.execPath, false);
    assert.equal(passed, true, output);
  });
}
