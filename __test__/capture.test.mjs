// capture(): this process's own heap, under every supported line of Node.js.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { run } from './live/run.mjs';
import { nodes } from './nodes/nodes.mjs';

const { reclaimable } = createRequire(import.meta.url)('../lib/live/memory.js');

const works = {
  growth: 'what leaks is found, leakscan itself does not grow',
  large: 'the parser may be slower than V8, and nothing piles up',
  saveTo: 'the bytes are saved whole, for their owner, or not at all',
  one: 'one at a time',
  terminated: 'a worker that is terminated in the middle of a capture takes nothing with it',
  signal: 'it can be aborted in every phase',
  allocations: 'findings tell who allocated what leaks',
  worker: 'the heap of a worker',
  memory: 'it is refused when memory is short',
};

for (const { version, path: node } of nodes()) {
  for (const [work, name] of Object.entries(works)) {
    test(`capture: ${name} on Node.js ${version}`, async () => {
      const directory = mkdtempSync(path.join(tmpdir(), 'leakscan-capture-'));
      try {
        await run(node, 'capture.cjs', work, directory);
      } finally {
        rmSync(directory, { recursive: true });
      }
    });
  }
}

test('cached files of a container count as available memory', () => {
  const files = (/** @type {Record<string, string>} */ there) => (/** @type {string} */ file) => {
    if (file in there) return there[file];
    throw new Error('ENOENT');
  };
  const second = { '/proc/self/cgroup': '0::/pod/service\n', '/sys/fs/cgroup/memory.stat': 'anon 5\ninactive_file 1234\nactive_file 6\n' };
  assert.equal(reclaimable(files(second)), 1234);
  const first = {
    '/proc/self/cgroup': '9:name=systemd:/\n4:memory:/docker/abc\n0::/\n',
    '/sys/fs/cgroup/memory/docker/abc/memory.stat': 'cache 9\ninactive_file 1\ntotal_inactive_file 77\n',
  };
  assert.equal(reclaimable(files(first)), 77);
  assert.equal(reclaimable(files({ '/proc/self/cgroup': '0::/\n' })), 0);
  assert.equal(reclaimable(files({})), 0);
});
