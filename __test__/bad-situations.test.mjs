// Bad situations of a service that asks about itself, under every supported line of Node.js. Captures during captures, aborts and
// short memory are in capture.test.mjs; emitters that bite, and a server under load through every check, in live-audit.test.mjs;
// children that die, in isolate.test.mjs.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { run } from './live/run.mjs';
import { nodes } from './nodes/nodes.mjs';

const works = {
  noMemory: 'without memory for a capture the watch goes on, and says so',
  noDisk: 'without disk too, and nothing stays behind',
  changing: 'a heap that changes while it is audited',
  inspector: 'an inspector session that fails makes answers smaller, and they say so',
  exiting: 'a process that ends in the middle of a check just ends',
};

for (const { version, path: node } of nodes()) {
  for (const [work, name] of Object.entries(works)) {
    test(`${name}, on Node.js ${version}`, async () => {
      const directory = mkdtempSync(path.join(tmpdir(), 'leakscan-bad-'));
      try {
        await run(node, 'bad.cjs', work, directory);
      } finally {
        rmSync(directory, { recursive: true });
      }
    });
  }
}
