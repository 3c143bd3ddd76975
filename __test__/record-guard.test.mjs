// When a record of allocations is ended because it does harm: a clock that the test turns, no process that waits.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';

const { RecordGuard } = createRequire(import.meta.url)('../lib/live/record-guard.js');

/** A guard and its world: `pass(seconds, how)` lets seconds pass, in each of which the world is as said. */
function guarded() {
  const world = { at: 0, late: 0, isIdle: false, ends: [], isStopped: false };
  let tick;
  let every;
  const guard = new RecordGuard({
    now: () => world.at,
    every(look, ms) {
      [tick, every] = [look, ms];
      return () => (world.isStopped = true);
    },
    isIdle: () => world.isIdle,
    latenessMs: () => world.late,
    end(why) {
      world.ends.push(why);
      guard.close();
    },
  });
  world.pass = (seconds, how = {}) => {
    Object.assign(world, how);
    for (let second = 0; second < seconds && !world.isStopped; second++) {
      world.at += every;
      tick();
    }
    return world.ends;
  };
  return world;
}

test('a record during which the event loop is late for five seconds ends, and says so', () => {
  const world = guarded();
  assert.deepEqual(world.pass(4, { late: 201 }), []);
  assert.deepEqual(world.pass(1, { late: 350.4 }), ['the event loop was late by 350 ms on average']);
  assert.equal(world.at, 5000);
});

test('a loop that did not turn at all was late', () => {
  const world = guarded();
  assert.deepEqual(world.pass(5, { late: undefined }), ['the event loop was late by 1000 ms on average']);
});

test('a loop that is late now and then is not late enough', () => {
  const world = guarded();
  for (let round = 0; round < 20; round++) {
    world.pass(4, { late: 900 });
    world.pass(1, { late: 200 });
  }
  assert.deepEqual(world.ends, []);
});

test('a record ends after ten minutes, however well it goes', () => {
  const world = guarded();
  assert.deepEqual(world.pass(600), []);
  assert.deepEqual(world.pass(1), ['it went on for ten minutes']);
});

test('a record that alone keeps the process running ends without a word', () => {
  const world = guarded();
  for (let round = 0; round < 5; round++) {
    assert.deepEqual(world.pass(1, { isIdle: true }), []);
    assert.deepEqual(world.pass(1, { isIdle: false }), []);
  }
  assert.deepEqual(world.pass(2, { isIdle: true }), [undefined]);
});

test('a guard that is closed looks no more', () => {
  const world = guarded();
  world.pass(2, { isIdle: true });
  assert.equal(world.isStopped, true);
  assert.deepEqual(world.pass(10, { late: 900 }), [undefined]);
});
