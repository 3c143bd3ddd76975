// watchdog(): looks into a thread that no longer answers, under every supported line of Node.js.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { run } from './live/run.mjs';
import { nodes } from './nodes/nodes.mjs';

for (const { version, path: node } of nodes()) {
  test(`watchdog: where a thread is stuck, and its listeners, on Node.js ${version}`, async () => {
    const directory = mkdtempSync(path.join(tmpdir(), 'leakscan-watchdog-'));
    try {
      await run(node, 'watchdog.cjs', directory);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
}
