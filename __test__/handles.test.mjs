// The cause `handles`, on real programs under every supported line of Node.js.

import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { lineOf, ROUNDS, summaries, summary, WARM_UP } from './causes/run.mjs';
import { nodes } from './nodes/nodes.mjs';

const program = 'handles.cjs';

/** Work, beginning of the title, what it says of who keeps them, and other evidence. */
const leaks = [
  ['socket', /^120 sockets that are never closed, used at causes\/handles\.cjs:\d+:\d+$/, {}],
  ['session', /^120 sockets that are never closed, .*, kept by Map sessions$/, { keptBy: 'Map sessions' }],
  ['bothEnds', /^120 sockets that are never closed/, { with: '120 server connections' }],
  ['request', /^120 HTTP requests that never end/, { native: 'TCP' }],
  ['agent', /^120 idle keep-alive sockets in 120 HTTP agents/, { agents: 120 }],
  ['child', /^120 child processes that never end, .*, kept by Set children$/, { with: '360 sockets' }],
];

/** The titles of the work `kinds`, and the part of it that makes each. */
const kinds = [
  [/^120 servers that are never closed/, 'server'],
  [/^120 file watchers that are never closed/, 'watcher'],
  [/^120 file watchers that are never closed/, 'watchFile'],
  [/^120 file handles that are never closed, kept by array open/, 'file'],
  [/^120 UDP sockets that are never closed/, 'udp'],
  [/^120 message ports that are never closed/, 'port'],
  [/^120 DNS resolvers that are never closed, kept by array resolvers/, 'resolver'],
  [/^120 zlib streams that are never closed, .*, kept by Set streams$/, 'gzip'],
];

const isLeak = (finding) => {
  assert.equal(finding.cause, 'handles');
  assert.equal(finding.count, WARM_UP + ROUNDS);
  assert.deepEqual([finding.growth.count, finding.growth.perRound], [ROUNDS, 1]);
  assert.ok(finding.growth.bytes > 0 && finding.growth.bytes <= finding.retainedSize);
};

for (const { version, path: node } of nodes()) {
  for (const [work, title, evidence] of leaks) {
    test(`${work} on Node.js ${version}`, () => {
      const { paced, unpaced } = summaries(node, program, work);
      assert.equal(paced.verdict, 'leak', String(paced));
      const [first, ...others] = paced.findings;
      isLeak(first);
      assert.deepEqual(others, [], 'one leak is one finding');
      assert.match(first.title, title);
      for (const [name, value] of Object.entries(evidence)) assert.equal(first.evidence[name], value, name);
      if (work !== 'agent') {
        assert.equal(path.basename(first.location.url), program);
        assert.equal(first.location.line, lineOf(program, `leak: ${work}`));
      }
      assert.doesNotMatch(JSON.stringify(paced), /127\.0\.0\.1|body of request/, 'no data');
      const [without] = unpaced.findings;
      assert.equal(without.signature, first.signature);
      assert.ok(without.confidence < first.confidence, 'without rounds nobody knows the pace');
    });
  }

  test(`handles of many kinds on Node.js ${version}`, () => {
    const { findings } = summaries(node, program, 'kinds').paced;
    assert.equal(findings.length, kinds.length, findings.map(({ title }) => title).join('\n'));
    findings.forEach(isLeak);
    for (const [title, mark] of kinds) {
      const line = lineOf(program, `leak: ${mark}`);
      assert.ok(
        findings.some((it) => title.test(it.title) && it.location?.line === line),
        `${title} at line ${line} of\n${findings.map(({ title }) => title).join('\n')}`,
      );
    }
  });

  for (const work of ['healthy', 'load']) {
    test(`${program} ${work} on Node.js ${version} is clean`, () => {
      const answers = summaries(node, program, work);
      for (const answer of Object.values(answers)) {
        assert.deepEqual([answer.verdict, answer.findings], ['clean', []], String(answer));
      }
    });
  }
}

test('one snapshot: many open handles are suspicious', () => {
  const { verdict, findings } = summary(process.execPath, program, 'session', { single: true });
  assert.equal(verdict, 'suspicious');
  assert.match(findings[0].title, /^120 open sockets, used at .*, kept by Map sessions$/);
});
