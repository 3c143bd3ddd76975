// watch() in services under load on the loopback interface: the leak of each case study is called one, of the right kind, within a
// bounded number of collections; healthy services are not. Under every supported line of Node.js, the slower ones under two.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { run } from './live/run.mjs';
import { nodes } from './nodes/nodes.mjs';

/** Major collections in which a leak must be called one, and those in which a healthy service must not. */
const MOST_TO_LEAK = 400;
const HEALTHY = 120;

const leaks = [
  { program: '../proof/leaks/gateway.cjs', kind: 'js-heap', load: 80, what: 'listeners of a gateway (seed 000)' },
  { program: '../proof/leaks/hot-reload.cjs', kind: 'js-heap', load: 10, what: 'modules loaded again (seed 001)', slow: true },
  { program: '../proof/leaks/timers-vue.cjs', kind: 'js-heap', load: 15, what: 'timers of rendered pages (seeds 001, 002)', slow: true },
  { program: 'services/native.cjs', kind: 'native', load: 10, what: 'memory that V8 does not know (seed 002)' },
  { program: '../proof/leaks/uuid-cache.cjs', kind: 'js-heap', load: 25, what: 'a cache whose keys never come again (seed 003)', slow: true },
  { program: '../proof/leaks/nulled-keys.cjs', kind: 'js-heap', load: 30, what: 'keys without values (seed 004)' },
];
const healthy = [
  { program: 'services/sawtooth.cjs', load: 10, what: 'a sawtooth' },
  { program: 'services/warming-cache.cjs', load: 10, what: 'a cache that warms up' },
];

const lines = nodes();
const some = [lines[0], lines.at(-1)];

describe('watch in services', { concurrency: 2 }, () => {
  for (const { program, kind, load, what, slow } of leaks) {
    for (const { version, path } of slow ? some : lines) {
      test(`${what}: a leak, on Node.js ${version}`, async () => {
        const { heard, collections } = await run(path, 'watch-service.cjs', program, load, MOST_TO_LEAK);
        const leak = heard.find(({ event }) => event === 'leak');
        assert.equal(leak?.kind, kind, `after ${collections} collections: ${JSON.stringify(heard)}`);
      });
    }
  }

  for (const { program, load, what } of healthy) {
    for (const { version, path } of lines) {
      test(`${what}: none, on Node.js ${version}`, async () => {
        const { heard, collections } = await run(path, 'watch-service.cjs', program, load, HEALTHY);
        assert.ok(collections >= HEALTHY);
        assert.deepEqual(heard.filter(({ event }) => event === 'leak'), []);
      });
    }
  }
});
