// The same tests under every other supported line of Node.js: one binary serves them all.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { nodes } from './nodes/nodes.mjs';

const files = ['async.test.cjs', 'dispose.test.cjs', 'esm.test.mjs', 'snapshot.test.cjs', 'workers.test.cjs'];
const running = Number(process.versions.node.split('.')[0]);
// Tells node that it is a part of this run, and then it would report to nobody.
const { NODE_TEST_CONTEXT, ...env } = process.env;

for (const { line, version, path: node } of nodes().filter(({ line }) => line !== running)) {
  test(`Node.js ${version}`, () => {
    const paths = files.map((file) => fileURLToPath(new URL(file, import.meta.url)));
    const { status, stdout, stderr } = spawnSync(node, ['--test', '--test-reporter=tap', ...paths], {
      env,
      encoding: 'utf8',
    });
    assert.match(stdout, /^# pass [1-9]/m, `Node.js ${line} ran no test\n${stderr}`);
    assert.equal(status, 0, stdout);
  });
}
