// The cause `promise-reactions`, on real programs under every supported line of Node.js.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lineOf, ROUNDS, summaries, summary, WARM_UP } from './causes/run.mjs';
import { nodes } from './nodes/nodes.mjs';

const PROGRAM = 'promises.cjs';

/** Work, beginning of the title, what is waited for, and who waits. */
const leaks = [
  ['race', /^120 reactions of Promise\.race wait for the promise shutdown/, 'Promise', 'race'],
  ['call', /^120 suspended calls of untilClosed \(.*\) wait for the promise Connection\.closed/, 'Promise', 'untilClosed'],
  ['then', /^120 callbacks wait for the promise Connection\.closed, .* all created at /, 'Promise', ''],
  ['own', /^120 suspended calls of ask \(.*\) wait for promises .* array Connection\.waiting$/, 'Array', 'ask'],
  ['generator', /^120 suspended calls of lines \(.*\) wait for the promise shutdown/, 'Promise', 'lines'],
];

for (const { line, version, path: node } of nodes()) {
  for (const [work, title, owner, functionName] of leaks) {
    test(`${work} on Node.js ${version}`, () => {
      const { paced, unpaced, single } = summaries(node, PROGRAM, work);
      const [first] = paced.findings;
      assert.equal(paced.verdict, 'leak', `${paced}`);
      assert.equal(first.cause, 'promise-reactions');
      assert.equal(paced.findings.length, 1, `one leak is one finding: ${paced}`);
      assert.match(first.title, title);
      assert.equal(first.count, WARM_UP + ROUNDS);
      assert.deepEqual([first.growth.count, first.growth.perRound], [ROUNDS, 1]);
      assert.equal(first.location.line, lineOf(PROGRAM, `leak: ${work}`));
      assert.equal(first.location.functionName, functionName);
      assert.equal(first.owner.className, owner);
      assert.equal(first.path.at(-1).node.id, first.owner.id);
      // Since Node.js 26 a race that is over lets go of its result.
      const isLet = work === 'race' && line >= 26;
      if (!isLet) {
        assert.ok(first.growth.bytes >= ROUNDS * 3000, 'each keeps a body');
        assert.match(first.holds[0].node.name, /^string/);
      }
      assert.doesNotMatch(JSON.stringify(paced), /body of request/);

      const [same] = unpaced.findings;
      assert.deepEqual([unpaced.verdict, same.cause, same.signature], ['leak', 'promise-reactions', first.signature]);
      assert.ok(same.confidence < first.confidence);

      // One snapshot cannot tell calls under way from calls that stay, but for the promise they all wait for.
      const suspected = single.findings.filter(({ cause }) => cause === 'promise-reactions');
      assert.deepEqual(
        suspected.map(({ signature }) => signature),
        work === 'own' ? [] : [first.signature],
      );
    });
  }

  test(`promises that settle, and those that few wait for, are clean on Node.js ${version}`, () => {
    const answer = summary(node, PROGRAM, 'healthy');
    assert.deepEqual([answer.verdict, answer.findings], ['clean', []], `${answer}`);
  });
}
