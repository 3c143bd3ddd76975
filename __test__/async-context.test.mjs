// The cause `async-context`, on real programs under every supported line of Node.js.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lineOf, ROUNDS, summaries, summary, WARM_UP } from './causes/run.mjs';
import { nodes } from './nodes/nodes.mjs';

const PROGRAM = 'contexts.cjs';
const STORES = '120 AsyncLocalStorage stores \\(RequestContext\\) kept by AsyncResource objects in';

/** Work, title, and what holds it. */
const leaks = [
  ['resource', new RegExp(`^${STORES} array subscribers \\(`), 'Array'],
  ['bound', new RegExp(`^${STORES} Set callbacks \\(`), 'Set'],
  ['hook', /^120 entries by async id in Map seen, filled by an async hook at .*, without a destroy hook/, 'Map'],
];

for (const { version, path: node } of nodes()) {
  for (const [work, title, owner] of leaks) {
    test(`${work} on Node.js ${version}`, () => {
      const { paced, unpaced } = summaries(node, PROGRAM, work);
      const [first] = paced.findings;
      assert.equal(paced.verdict, 'leak', `${paced}`);
      assert.equal(first.cause, 'async-context');
      assert.equal(paced.findings.length, 1, `one leak is one finding: ${paced}`);
      assert.match(first.title, title);
      assert.equal(first.count, WARM_UP + ROUNDS);
      assert.deepEqual([first.growth.count, first.growth.perRound], [ROUNDS, 1]);
      if (work === 'hook') assert.equal(first.location.line, lineOf(PROGRAM, 'leak: hook'));
      else assert.ok(first.growth.bytes >= ROUNDS * 3000, 'each keeps a body');
      assert.equal(first.owner.className, owner);
      assert.doesNotMatch(JSON.stringify(paced), /body of request/);
      const [same] = unpaced.findings;
      assert.deepEqual([unpaced.verdict, same.cause, same.signature], ['leak', 'async-context', first.signature]);
    });
  }

  test(`contexts of cls-hooked on Node.js ${version}`, () => {
    const { verdict, findings } = summary(node, PROGRAM, 'cls');
    assert.equal(verdict, 'leak');
    const [first, ...others] = findings;
    assert.equal(first.cause, 'async-context');
    assert.match(first.title, /^120 contexts by async id in Map Namespace\._contexts of cls-hooked 4/);
    assert.deepEqual([first.count, first.growth.count, first.growth.perRound], [WARM_UP + ROUNDS, ROUNDS, 1]);
    // What keeps the contexts from being destroyed.
    assert.deepEqual(
      others.map(({ cause, title }) => [cause, title.includes('array promises')]),
      [['unbounded-collection', true]],
    );
  });

  test(`contexts that go with the work, and a pool's, are clean on Node.js ${version}`, () => {
    const answer = summary(node, PROGRAM, 'healthy');
    assert.deepEqual([answer.verdict, answer.findings], ['clean', []], `${answer}`);
  });
}
