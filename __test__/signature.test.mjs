// The signature of a finding is the same wherever the program lies: in another directory, and so on another host.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { nodes } from './nodes/nodes.mjs';

const { summarize } = createRequire(import.meta.url)('..');

/** A script in the root of its application. */
const SERVER = `
const { writeHeapSnapshot } = process.getBuiltinModule('v8');
const sessions = new Map();
function handle(number) {
  sessions.set('session-' + number, { number, text: 'lorem ipsum '.repeat(20) + number });
}
for (let round = 0; round < 30; round++) handle(round);
writeHeapSnapshot(process.argv[2]);
for (let round = 30; round < 70; round++) handle(round);
writeHeapSnapshot(process.argv[3]);
`;

for (const node of nodes()) {
  test(`in two directories, CommonJS and ES modules, on Node.js ${node.version}`, () => {
    const directory = mkdtempSync(path.join(tmpdir(), 'leakscan-signature-'));
    try {
      for (const script of ['server.cjs', 'server.mjs']) {
        const signatures = ['shop', 'checkout-of-somebody'].map((name) => {
          const root = path.join(directory, name);
          mkdirSync(root, { recursive: true });
          writeFileSync(path.join(root, script), SERVER);
          const files = ['before', 'after'].map((file) => path.join(root, `${file}.heapsnapshot`));
          const { status, stderr } = spawnSync(node.path, [script, ...files], { cwd: root, encoding: 'utf8' });
          assert.equal(status, 0, stderr);
          const { findings } = summarize(files, { rounds: 40 });
          assert.equal(findings.length, 1);
          return findings[0].signature;
        });
        assert.equal(signatures[0], signatures[1], script);
      }
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
}
