// The cause `detached-context`, on real programs under every supported line of Node.js.

import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { lineOf, ROUNDS, summaries, summary, WARM_UP } from './causes/run.mjs';
import { nodes } from './nodes/nodes.mjs';

const program = 'vm-contexts.cjs';

/** Work, and who keeps the contexts. */
const leaks = [
  ['sandbox', 'Map sandboxes'],
  ['rule', 'array rules'],
  ['result', 'Set Registry.results'],
];

const lines = nodes();
for (const { version, path: node, line } of lines) {
  // Lines differ in what keeps a context, not in who.
  const all = line === lines[0].line || line === lines.at(-1).line;
  for (const [work, keeper] of all ? leaks : leaks.slice(0, 1)) {
    test(`${work} on Node.js ${version}`, () => {
      const { paced, unpaced, single } = summaries(node, program, work);
      const [first, ...others] = paced.findings;
      assert.equal(paced.verdict, 'leak');
      assert.equal(first.cause, 'detached-context');
      assert.deepEqual(others, [], 'one leak is one finding');
      assert.match(first.title, /^120 JavaScript contexts beside the program's own, \d+\.\d MB, kept by /);
      assert.equal(first.evidence.keptBy, keeper);
      // Not the one that is used again.
      assert.equal(first.count, WARM_UP + ROUNDS);
      assert.deepEqual([first.growth.count, first.growth.perRound], [ROUNDS, 1]);
      assert.ok(first.growth.bytes > ROUNDS * 100_000, 'each has built-in objects of its own');
      assert.ok(first.growth.bytes <= first.retainedSize);
      assert.equal(path.basename(first.location.url), program);
      assert.equal(first.location.line, lineOf(program, `leak: ${work}`));
      assert.deepEqual([unpaced.verdict, unpaced.findings.length], ['leak', 1]);
      assert.deepEqual([single.verdict, single.findings[0].cause], ['suspicious', 'detached-context']);
      assert.equal(single.findings[0].signature, first.signature);
    });
  }

  test(`contexts that are used again or let go are clean on Node.js ${version}`, () => {
    for (const answer of Object.values(summaries(node, program, 'healthy'))) {
      assert.deepEqual([answer.verdict, answer.findings], ['clean', []], String(answer));
    }
  });
}

test('the signature is the same in another process, and another for another keeper', () => {
  const signature = (work) => summary(process.execPath, program, work).findings[0].signature;
  assert.equal(signature('sandbox'), signature('sandbox'));
  assert.notEqual(signature('sandbox'), signature('rule'));
});
