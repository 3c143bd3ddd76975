// Allocation profiles, snapshots of a full heap, summaries on a signal, under every supported line of Node.js.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { run } from './live/run.mjs';
import { nodes } from './nodes/nodes.mjs';

const works = {
  allocations: 'sampleAllocations, readAllocations: who allocates what stays',
  limit: 'onNearHeapLimit: what a full heap left is there at the next start',
};
// Windows has no such signals.
if (process.platform !== 'win32') works.signal = 'onSignal: a summary of what leaked since the last signal';

for (const { version, path: node } of nodes()) {
  for (const [work, name] of Object.entries(works)) {
    test(`${name} on Node.js ${version}`, async () => {
      const directory = mkdtempSync(path.join(tmpdir(), 'leakscan-live-'));
      try {
        await run(node, 'more.cjs', work, directory);
      } finally {
        rmSync(directory, { recursive: true });
      }
    });
  }
}
