// `npm run demo` under every supported line of Node.js: the gateway that leaks is diagnosed, its repaired twin is left alone.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { nodes } from './nodes/nodes.mjs';

const demo = fileURLToPath(new URL('../scripts/demo.mjs', import.meta.url));
const service = readFileSync(new URL('../examples/gateway/dist/apiProxy.service.js', import.meta.url), 'utf8').split(
  '\n',
);
const line = 1 + service.findIndex((text) => text.includes("process.on('uncaughtException', function"));

async function run(node, ...options) {
  const child = spawn(node, [demo, ...options], { stdio: ['ignore', 'pipe', 'pipe'] });
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return { stdout, stderr, code };
}

for (const { line: nodeLine, version, path: node } of nodes()) {
  test(`the demo on Node.js ${version}`, async () => {
    const { stdout, stderr, code } = await run(node, '--json');
    assert.equal(code, 0, stderr + stdout);
    const { diff, summary } = JSON.parse(stdout);
    assert.equal(diff.identity, 'same-process');
    assert.equal(summary.verdict, 'leak');
    const [first] = summary.findings;
    assert.equal(first.cause, 'listeners');
    assert.match(first.title, /uncaughtException/);
    assert.match(first.title, /process/);
    assert.match(first.title, new RegExp(`apiProxy\\.service\\.js:${line}`));
    assert.equal(first.growth.count, 300);
    assert.equal(first.growth.perRound, 1);
    assert.equal(first.count, 350, '50 requests of the warm-up and 300');
    assert.match(first.location.url, /apiProxy\.service\.js$/);
    assert.equal(first.location.line, line);
    assert.equal(first.owner.name, 'process');

    // The body of the response: kept by the settled promise of the shared scope, until Node.js 26.
    const bodies = (first.holds ?? []).filter(({ node }) => /string/.test(node.type));
    if (nodeLine <= 24) {
      assert.ok(bodies.length >= 1, 'the response string is named');
      const names = bodies[0].path.map(({ edgeName }) => edgeName);
      for (const name of ['context', 'resolve', 'reactions_or_result'])
        assert.ok(names.includes(name), `${name} in ${names}`);
      assert.equal(bodies[0].path.at(-1).node.id, bodies[0].node.id);
    } else {
      assert.equal(bodies.length, 0, 'nothing claims a string that is not kept');
      assert.doesNotMatch(stdout, /reactions_or_result/);
    }
  });

  test(`the repaired twin on Node.js ${version}`, async () => {
    const { stdout, stderr, code } = await run(node, '--fixed', '--json');
    assert.equal(code, 0, stderr + stdout);
    const { summary } = JSON.parse(stdout);
    assert.equal(summary.verdict, 'clean');
    assert.deepEqual(summary.findings, []);
  });
}

test('what the demo prints for people', async () => {
  const { stdout, code } = await run(process.execPath);
  assert.equal(code, 0);
  assert.match(stdout, /uncaughtException/);
  assert.match(stdout, /\+1 per request/);
  assert.match(stdout, new RegExp(`apiProxy\\.service\\.js:${line}`));
  assert.doesNotMatch(stdout, /undefined|NaN|\[object/);
});
