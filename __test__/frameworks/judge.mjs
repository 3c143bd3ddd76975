// Whether the tests of a project ended as they must: all of leaking.* with the message that messages.txt has, none of healthy.*.
// UPDATE_GOLDEN=1 writes messages that are missing.

import { readFileSync, writeFileSync } from 'node:fs';

const golden = new URL('messages.txt', import.meta.url);

/** The messages of the tests that fail, by title. */
const messages = Object.fromEntries(
  readFileSync(golden, 'utf8')
    .split(/^=== /m)
    .filter(Boolean)
    .map((part) => [part.slice(0, part.indexOf('\n')), part.slice(part.indexOf('\n') + 1).trimEnd()]),
);

/** What differs from run to run, runner to runner and machine to machine: sizes, files, stacks, what a runner holds a test by. */
function stable(message) {
  return message
    .replace(/^Error: expect\(.*\n\n/, '')
    .replace(/^(RangeError|LeakscanError): /, '')
    .replace(/^ {4}at [\s\S]*/m, '')
    .replace(/^Snapshots:\n(?: {2}.*\n?)*/m, '')
    .replace(/^Heap: .*$/m, 'Heap: …')
    .replace(/( {3}held by {5}).*\n(?: {15}.*\n)*/g, '$1…\n')
    .replace(/(\+\d+ and \+)[\d.]+ k?B/g, '$1…')
    .replace(/keeps {7}.*$/gm, 'keeps       …')
    .replace(/^(stopped after )\d+( rounds: more than )\d+( MB .*)\n[\s\S]*/, '$1…$2…$3')
    .trimEnd();
}

/**
 * What is wrong with the results of a runner; nothing if all is as it must be.
 * @param {string} runner
 * @param {{ file: string, title: string, failure?: string }[]} results
 * @param {number} least tests that there must be in either file
 */
export function wrong(runner, results, least) {
  const faults = ['healthy', 'leaking']
    .map((kind) => ({ kind, count: results.filter(({ file }) => file === kind).length }))
    .filter(({ count }) => count < least)
    .map(({ kind, count }) => `${count} ${kind} tests ran, at least ${least} expected`);
  for (const { file, title, failure } of results) {
    if (file === 'healthy') {
      if (failure !== undefined) faults.push(`the healthy test ${title} failed:\n${failure}`);
      continue;
    }
    // Vitest makes a block of every module, and V8 does not write the names of a block's variables: less is known there.
    const key = runner.startsWith('vitest') ? `${title}, in Vitest` : title;
    const found = failure === undefined ? 'nothing' : stable(failure);
    if (process.env.UPDATE_GOLDEN && failure !== undefined) messages[key] ??= found;
    if (found !== messages[key]) faults.push(`the leaking test ${title} failed with\n${found}\nbut should with\n${messages[key]}`);
  }
  if (process.env.UPDATE_GOLDEN) {
    writeFileSync(golden, Object.entries(messages).map(([title, text]) => `=== ${title}\n${text}\n`).join('\n'));
  }
  return faults;
}
