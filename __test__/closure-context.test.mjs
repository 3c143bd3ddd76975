// The cause `closure-context`, on real programs under every supported line of Node.js.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lineOf, ROUNDS, summaries, summary, WARM_UP } from './causes/run.mjs';
import { nodes } from './nodes/nodes.mjs';

const PROGRAM = 'closures.cjs';

/** Work, title, variable, and how it is known who uses it. */
const leaks = [
  [
    'chain',
    /^a chain of 120 function scopes of replaceThing \(.*\): each keeps the one before through `originalThing`$/,
    'originalThing',
  ],
  ['siblings', /^120 functions created at .*, kept in array getters, hold on to `text`, which only `size` uses$/, 'text'],
  ['block', /^120 functions created at .*, kept in array readers, hold on to `text`, which only `size` uses$/, 'text'],
  ['wrap', /^a chain of 120 function scopes of wrap \(.*\): each uses `before`, what the one before has left$/, 'before'],
];

for (const { version, path: node } of nodes()) {
  for (const [work, title, variable] of leaks) {
    test(`${work} on Node.js ${version}`, () => {
      const { paced, unpaced } = summaries(node, PROGRAM, work);
      const [first] = paced.findings;
      assert.equal(paced.verdict, 'leak', `${paced}`);
      assert.equal(first.cause, 'closure-context');
      assert.equal(paced.findings.length, 1, `one leak is one finding: ${paced}`);
      assert.match(first.title, title);
      assert.equal(first.count, WARM_UP + ROUNDS);
      assert.deepEqual([first.growth.count, first.growth.perRound], [ROUNDS, 1]);
      assert.ok(first.growth.bytes >= ROUNDS * 3000 && first.growth.bytes <= first.retainedSize, 'each keeps a body');
      assert.equal(first.location.line, lineOf(PROGRAM, `leak: ${work}`));
      assert.equal(first.evidence.variable, variable);
      assert.ok(first.holds[0].path.some(({ edgeName }) => edgeName === variable));
      assert.doesNotMatch(JSON.stringify(paced), /body of request/);
      const [same] = unpaced.findings;
      assert.deepEqual([unpaced.verdict, same.cause, same.signature], ['leak', 'closure-context', first.signature]);
      assert.ok(same.confidence < first.confidence);
    });
  }

  test(`of functions that never ran the source tells what they use, on Node.js ${version}`, () => {
    const { findings } = summary(node, PROGRAM, 'neverRun');
    assert.deepEqual(
      findings.map(({ cause }) => cause),
      ['closure-context'],
    );
    const { usesKnownBy, variable } = findings[0].evidence;
    assert.deepEqual([usesKnownBy, variable], ['source', 'text']);
    assert.match(findings[0].title, /hold on to `text`, which only `size` uses$/);
  });

  test(`functions that use what they keep, or are few, are clean on Node.js ${version}`, () => {
    const answer = summary(node, PROGRAM, 'healthy');
    assert.deepEqual([answer.verdict, answer.findings], ['clean', []], `${answer}`);
  });
}
