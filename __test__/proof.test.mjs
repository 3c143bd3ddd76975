// Some programs of the proof, under two lines of Node.js: the right cause first, with its number, pace and line, nothing else
// told, and healthy services left alone. `npm run proof` runs all programs under all lines.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodes } from './nodes/nodes.mjs';
import { programs, prove } from './proof/run.mjs';

/** Quick ones, and the oldest and the newest line for them in turn: what differs between lines, the causes' own tests see. */
const CHOSEN = [
  'gateway',
  'ws-hub',
  'timers-vue',
  'hot-reload',
  'uuid-cache',
  'nulled-keys',
  'lru-at-bound',
  'express-sessions',
  'ws-chat',
  'promises',
  'lazy-modules',
  'blind-eviction',
  'cls-hooked-namespace',
  'ejs-cache',
  'finalizers',
  'finalizers-by-key',
  'free-list',
  'inherited-settings',
  'interval-iterator',
  'prototype-chain',
  'quick-lru-infinite',
  'reactive-effects',
  'sleep-signal',
  'symbol-registry',
  'waiting-list',
  'xstate-actors',
];

const lines = nodes();
const chosen = programs().filter(({ name }) => CHOSEN.includes(name));
assert.deepEqual(chosen.map(({ name }) => name).sort(), [...CHOSEN].sort());

for (const [at, program] of chosen.entries()) {
  const node = at % 2 === 0 ? lines.at(-1) : lines[0];
  test(`${program.name} on Node.js ${node.version}`, async () => {
    const { answers } = await prove(node, program);
    for (const { question, summary, wrongs } of answers) assert.deepEqual(wrongs, [], `${question}\n${summary}`);
  });
}
