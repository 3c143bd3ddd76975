// Why an object is alive, under every supported line of Node.js.

import { test } from 'node:test';
import { run } from './live/run.mjs';
import { nodes } from './nodes/nodes.mjs';

const works = {
  why: 'whyAlive: the path that keeps an object, and leakscan does not keep it',
  many: 'whyAlive: many objects, one snapshot',
  expect: 'expectCollected: resolves when it goes, rejects with what keeps it',
};

for (const { version, path: node } of nodes()) {
  for (const [work, name] of Object.entries(works)) {
    test(`${name} on Node.js ${version}`, () => run(node, 'alive.cjs', work));
  }
}
