// The cause `module-cache`, on real programs under every supported line of Node.js.

import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { ROUNDS, summary, WARM_UP } from './causes/run.mjs';
import { nodes } from './nodes/nodes.mjs';

const program = 'module-cache.cjs';

/** The work, the file that is loaded again, and how many of its modules are no leak: the one in the cache. */
const leaks = [
  ['reload', 'rates.cjs', 1],
  ['forget', 'rates.cjs', 0],
  ['reloadTree', 'service.cjs', 1],
];

for (const { version, path: node } of nodes()) {
  for (const [work, file, cached] of leaks) {
    test(`${work} on Node.js ${version}`, () => {
      const { verdict, findings } = summary(node, program, work);
      assert.equal(verdict, 'leak');
      const [first] = findings;
      assert.equal(first.cause, 'module-cache');
      const count = WARM_UP + ROUNDS - cached;
      assert.equal(first.title, `${count} old modules of reload/${file}, kept by causes/${program}`);
      assert.equal(first.count, count);
      assert.deepEqual([first.growth.count, first.growth.perRound], [ROUNDS, 1]);
      assert.equal(path.basename(first.location.url), file);
      assert.equal(first.location.line, 1);
      assert.equal(first.owner.className, 'Module');
      assert.equal(first.accumulationPoint.className, 'Array');
      assert.deepEqual(
        first.holds[0].path.slice(0, 2).map(({ node }) => node.className),
        ['Array', 'Module'],
      );
      assert.equal(findings.length, 1, 'one leak is one finding');
    });
  }

  for (const work of ['replace', 'loadLate']) {
    test(`${work} on Node.js ${version} is clean`, () => {
      const answer = summary(node, program, work);
      assert.deepEqual([answer.verdict, answer.findings], ['clean', []], String(answer));
    });
  }
}

test('one snapshot: many old modules are suspicious', () => {
  const { verdict, findings } = summary(process.execPath, program, 'reload', { single: true });
  assert.equal(verdict, 'suspicious');
  assert.equal(findings[0].cause, 'module-cache');
});
