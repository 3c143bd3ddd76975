// The cause `timers`, on real programs under every supported line of Node.js.

import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { lineOf, ROUNDS, summary, WARM_UP } from './causes/run.mjs';
import { nodes } from './nodes/nodes.mjs';

/** Program, work, beginning of the title, and what one timer keeps. */
const leaks = [
  ['timers.cjs', 'interval', /^120 intervals of 1 s that are never cleared/, ['_onTimeout', 'context', 'text']],
  ['timers.cjs', 'unref', /^120 intervals of 1 h that are never cleared/, ['_onTimeout', 'context', 'text']],
  ['timers.cjs', 'bound', /^120 intervals of 2 s that are never cleared/, ['bound_this', 'text']],
  ['timers.cjs', 'timeout', /^120 timeouts of 24 h yet to fire/, ['_onTimeout', 'context', 'text']],
  ['timers.cjs', 'chain', /^120 timeouts of 1 ms that start themselves again/, ['_onTimeout', 'context', 'text']],
  ['timers.cjs', 'store', /^120 intervals of 1\.5 s that are never cleared/, ['text']],
  ['vue.cjs', 'created', /^120 intervals of 1 s that are never cleared/, ['_onTimeout', 'context']],
];

const healthy = [
  ['timers.cjs', 'healthy'],
  ['vue.cjs', 'mounted'],
];

const names = (path) => path.map(({ edgeName }) => edgeName).join(' ');

for (const { version, path: node } of nodes()) {
  for (const [program, work, title, held] of leaks) {
    test(`${program} ${work} on Node.js ${version}`, () => {
      const { verdict, findings } = summary(node, program, work);
      assert.equal(verdict, 'leak');
      const [first] = findings;
      assert.equal(first.cause, 'timers');
      assert.match(first.title, title);
      assert.equal(first.count, WARM_UP + ROUNDS);
      assert.deepEqual([first.growth.count, first.growth.perRound], [ROUNDS, 1]);
      assert.equal(path.basename(first.location.url), program);
      assert.equal(first.location.line, lineOf(program, `leak: ${work === 'created' ? 'vue' : work}`));
      assert.equal(first.owner.className, 'TimersList');
      assert.match(names(first.path), /timerListMap/);
      assert.equal(findings.length, 1, 'one leak is one finding');
      assert.ok(
        first.holds.some(({ path }) => names(path).startsWith('_idlePrev') && names(path).includes(held.join(' '))),
        first.holds.map(({ path }) => names(path)).join('\n') || 'nothing is held',
      );
      assert.ok(first.growth.bytes >= ROUNDS * 3000, 'each keeps a body');
    });
  }

  for (const [program, work] of healthy) {
    test(`${program} ${work} on Node.js ${version} is clean`, () => {
      const answer = summary(node, program, work);
      assert.deepEqual([answer.verdict, answer.findings], ['clean', []], String(answer));
    });
  }

  test(`timeouts that expire soon are at most suspicious on Node.js ${version}`, () => {
    const { verdict, findings } = summary(node, 'timers.cjs', 'expire');
    assert.equal(verdict, 'suspicious');
    assert.deepEqual(
      findings.map(({ cause, location }) => [cause, location.line]),
      [['timers', lineOf('timers.cjs', 'under way')]],
    );
  });
}

test('one snapshot: many intervals are suspicious', () => {
  const { verdict, findings } = summary(process.execPath, 'timers.cjs', 'interval', { single: true });
  assert.equal(verdict, 'suspicious');
  assert.equal(findings[0].cause, 'timers');
  assert.equal(findings[0].count, WARM_UP + ROUNDS);
});

test('the signature is the same in another process, and another for another place', () => {
  const signature = (work) => summary(process.execPath, 'timers.cjs', work).findings[0].signature;
  assert.equal(signature('interval'), signature('interval'));
  assert.notEqual(signature('interval'), signature('unref'));
});
