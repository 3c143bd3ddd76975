// watch(): services that leak and services that do not, under every supported line of Node.js. Collections are forced, so that
// hours fit into seconds; which series are leaks is tested in growth.test.mjs.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, test } from 'node:test';
import { run } from './live/run.mjs';
import { nodes } from './nodes/nodes.mjs';

async function watched(node, what) {
  const directory = mkdtempSync(path.join(tmpdir(), 'leakscan-watch-'));
  try {
    return await run(node, 'watch.cjs', what, directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

const leaks = { leak: 'js-heap', buffers: 'external', native: 'native' };

describe('watch', { concurrency: 3 }, () => {
  for (const { version, path: node } of nodes()) {
    for (const [what, kind] of Object.entries(leaks)) {
      test(`${what} is a leak of ${kind} on Node.js ${version}`, async () => {
        const { heard } = await watched(node, what);
        const leak = heard.find(({ event }) => event === 'leak');
        assert.equal(leak.kind, kind, JSON.stringify(heard));
        assert.ok(leak.bytesPerHour > 0 && leak.confidence > 0.5 && leak.confidence <= 1 && leak.msToLimit > 0);
        assert.match(leak.text, / grows by .* per hour \(.* % sure; .*limit of /);
      });
    }

    for (const what of ['sawtooth', 'cache', 'slow-cache']) {
      test(`${what} is none on Node.js ${version}`, async () => {
        const { heard, collections } = await watched(node, what);
        assert.ok(collections >= 120);
        assert.deepEqual(heard.filter(({ event }) => event === 'leak'), []);
      });
    }

    test(`leakscan itself is no finding on Node.js ${version}`, async () => {
      const { samples, pair, series } = await run(node, 'own.cjs');
      assert.ok(samples > 60);
      assert.deepEqual([pair, series], [[], []]);
    });

    test(`a leak is captured twice and summarized on Node.js ${version}`, () => watched(node, 'collect'));
  }
});
