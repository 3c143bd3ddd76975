// The cause `stream-backlog`, on real programs under every supported line of Node.js.

import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { lineOf, ROUNDS, summaries, summary, WARM_UP } from './causes/run.mjs';
import { nodes } from './nodes/nodes.mjs';

const program = 'streams.cjs';
const place = String.raw`\(causes/streams\.cjs:\d+:\d+\)$`;

/** A title, the work, and how many of it wait beside those that came in rounds: the first of some is being done. */
const leak = (text, work, besides = 0) => ({ title: new RegExp(text + place), work, besides });

const streams = [
  leak('^119 chunks, .* wait to be written by AuditSink sink ', 'written', -1),
  leak('^119 chunks, .* wait to be written by Writable records ', 'objects', -1),
  leak('^120 chunks, .* wait to be read from PassThrough tee ', 'unread'),
  leak('^120 chunks, .* wait to be read from Readable feed ', 'pushed'),
  leak('^119 chunks, .* wait to be written by Writable old ', 'packaged', -1),
  // With the head of the request.
  leak('^121 chunks, .* wait to be written by ClientRequest waiting ', 'upload', 1),
  leak('^120 chunks, .* wait to be read from ReadableStream (web|in controller) ', 'webRead'),
  leak('^120 chunks, .* wait to be written by WritableStream in writer ', 'webWrite'),
];
const queues = [
  leak('^119 jobs, .* wait for their turn in http\\.Agent single ', 'requests', -1),
  leak('^119 jobs, .* wait for their turn in async queue jobs ', 'asyncQueue', -1),
  leak('^119 jobs, .* wait for their turn in fastq queue fast ', 'fastqQueue', -1),
  leak('^119 jobs, .* wait for their turn in p-limit queue limit ', 'pLimit', -1),
  leak('^119 jobs, .* wait for their turn in p-queue priority ', 'pQueue', -1),
];
const alone = [
  leak('^119 chunks, .* wait to be written by AuditSink sink ', 'written', -1),
  leak('^120 chunks, .* wait to be written by Socket in response ', 'slowClient'),
  leak('^119 chunks, .* wait to be written by Transform behind ', 'fallingBehind', -1),
];

function check(finding, { title, work, besides }) {
  assert.equal(finding.cause, 'stream-backlog');
  assert.match(finding.title, title);
  assert.equal(finding.count, WARM_UP + ROUNDS + besides);
  assert.deepEqual([finding.growth.count, finding.growth.perRound], [ROUNDS, 1]);
  assert.ok(finding.growth.bytes >= 2500 * ROUNDS && finding.growth.bytes <= finding.retainedSize, 'each keeps a body');
  assert.equal(path.basename(finding.location.url), program);
  assert.equal(finding.location.line, lineOf(program, `leak: ${work}`), finding.title);
}

for (const { version, path: node } of nodes()) {
  for (const expected of alone) {
    test(`${expected.work} on Node.js ${version}`, () => {
      const { paced, unpaced } = summaries(node, program, expected.work);
      assert.equal(paced.verdict, 'leak');
      check(paced.findings[0], expected);
      assert.equal(paced.findings.length, 1, 'one leak is one finding');
      assert.equal(unpaced.findings[0].signature, paced.findings[0].signature);
      assert.equal(unpaced.verdict, 'leak');
      assert.doesNotMatch(JSON.stringify(paced), /127\.0\.0\.1|body of request/, 'no data');
    });
  }

  for (const [work, expected] of Object.entries({ streams, queues })) {
    test(`${work} on Node.js ${version}`, () => {
      const { findings } = summaries(node, program, work).paced;
      const titles = findings.map(({ title }) => title).join('\n');
      assert.equal(findings.length, expected.length, titles);
      for (const one of expected) {
        const finding = findings.find(({ title }) => one.title.test(title));
        assert.ok(finding, `${one.title} in\n${titles}`);
        check(finding, one);
      }
    });
  }

  test(`streams and queues that keep up are clean on Node.js ${version}`, () => {
    for (const answer of Object.values(summaries(node, program, 'healthy'))) {
      assert.deepEqual([answer.verdict, answer.findings], ['clean', []], String(answer));
    }
  });
}

test('the bytes outside of the heap are told', () => {
  const { findings } = summary(process.execPath, program, 'written');
  assert.ok(findings[0].evidence.externalBytes >= 119 * 3000, JSON.stringify(findings[0].evidence));
});
