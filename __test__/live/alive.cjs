'use strict';
// whyAlive() and expectCollected() in a process of its own; process.argv[2] says which.

const assert = require('node:assert/strict');
const { readFileSync } = require('node:fs');
const v8 = require('node:v8');
const { expectCollected, whyAlive } = require('../..');

const lines = readFileSync(__filename, 'utf8').split('\n');
const lineOf = (mark) => 1 + lines.findIndex((line) => line.endsWith(`// ${mark}`));

class Session {
  data = new Array(700).fill(0);
}
class Unrelated {}

let captures = 0;
const { getHeapSnapshot } = v8;
v8.getHeapSnapshot = (...args) => {
  captures++;
  return getHeapSnapshot(...args);
};

const registry = (exports.registry = new Map());

const works = {
  async why() {
    registry.set('user', new Session());
    const found = await whyAlive(registry.get('user'));
    assert.equal(found.alive, true);
    assert.equal(found.className, 'Session');
    assert.ok(found.retainedSize > 5000);
    const [path] = found.paths;
    assert.equal(path.at(-1).node.id, found.id);
    assert.ok(path.some(({ edgeName }) => edgeName === 'registry'), String(found));
    assert.match(String(found), /Session, [56]\.\d kB with all that it keeps, is kept alive .*\.registry → Map/s);

    // Through a listener's scope, with its line.
    (() => {
      const session = new Session();
      process.on('beforeExit', () => session); // listener
      registry.set('weak', new WeakRef(session));
    })();
    await new Promise((resolve) => setTimeout(resolve, 5));
    const held = await whyAlive(registry.get('weak').deref());
    const listener = held.paths[0].find(({ node }) => node.type === 'closure' && node.location?.url === __filename);
    assert.equal(listener.node.location.line, lineOf('listener'), String(held));
    assert.match(String(held), /variable session → Session/);

    // What nobody else keeps is not kept by leakscan.
    assert.equal((await whyAlive(new Session())).alive, false);
  },

  async many() {
    const ids = Array.from({ length: 20 }, (_, i) => i);
    for (const i of ids) registry.set(i, new Session());
    const before = captures;
    const all = await Promise.all(ids.map((i) => whyAlive(registry.get(i), { limit: 1 })));
    assert.equal(captures, before + 1, 'one snapshot for all');
    assert.equal(new Set(all.map(({ id }) => id)).size, ids.length);
    assert.ok(all.every(({ alive, paths }) => alive && paths.length === 1));
  },

  async expect() {
    await expectCollected(new Session(), 'a session');
    assert.equal(captures, 0, 'no snapshot without need');
    registry.set('kept', new Session());
    registry.set('other', new Session());
    const options = { timeout: 50 };
    const [first, second, third] = await Promise.allSettled([
      expectCollected(registry.get('kept'), 'the session of a closed connection', options),
      expectCollected(registry.get('other'), undefined, options),
      expectCollected(new Unrelated(), 'what is free', options),
    ]);
    assert.equal(third.status, 'fulfilled');
    for (const { reason } of [first, second]) {
      assert.equal(reason.code, 'ERR_LEAKSCAN_LEAK');
      assert.equal(reason.alive.className, 'Session');
      assert.match(reason.message, /\.registry → Map/);
    }
    assert.match(first.reason.message, /^expected the session of a closed connection to be collected within 50 ms/);
    assert.equal(captures, 1, 'one snapshot for both');

    // An object that goes a little later is fine.
    registry.set('later', new Session());
    setTimeout(() => registry.delete('later'), 30);
    await expectCollected(registry.get('later'), 'later', { timeout: 20_000 });

    const reason = new Error('enough');
    const controller = new AbortController();
    setTimeout(() => controller.abort(reason), 20);
    await assert.rejects(expectCollected(registry.get('kept'), 'kept', { signal: controller.signal }), (error) => error === reason);

    // Without memory for a snapshot the answer is smaller.
    process.availableMemory = () => 1e6;
    await assert.rejects(expectCollected(registry.get('kept'), 'kept', options), ({ code, cause, message }) => {
      assert.match(message, /is not known/);
      return code === 'ERR_LEAKSCAN_LEAK' && cause.code === 'ERR_LEAKSCAN_MEMORY';
    });
    for (const value of [7, 'text', null, undefined, Symbol()]) {
      await assert.rejects(expectCollected(value), { code: 'ERR_LEAKSCAN_INVALID_ARG' });
      await assert.rejects(whyAlive(value), { code: 'ERR_LEAKSCAN_INVALID_ARG' });
    }
  },
};

works[process.argv[2]]().then(
  () => console.log('true'),
  (error) => {
    console.error(error);
    process.exitCode = 1;
  },
);
