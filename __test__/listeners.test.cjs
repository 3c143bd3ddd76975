'use strict';
// auditListeners of snapshots: which listeners hang on which emitter, by the place in the source they come from.

const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const { writeFileSync } = require('node:fs');
const path = require('node:path');
const { after, before, describe, test } = require('node:test');
const { auditListeners, auditListenersAsync, parse } = require('..');
const { temporaryDirectory } = require('./inputs.cjs');

const SOURCE = `'use strict';
const { EventEmitter } = require('node:events');
const v8 = require('node:v8');
class Bus extends EventEmitter {}
const bus = (globalThis.bus = new Bus());
bus.setMaxListeners(100);
const controller = (globalThis.controller = new AbortController());
const target = (globalThis.target = new EventTarget());
process.setMaxListeners(0);
function listen(count) {
  for (let i = 0; i < count; i++) {
    const kept = { text: 'kept ' + i };
    process.on('uncaughtException', () => kept.text);
    bus.on('tick', function onTick() { return kept; });
    bus.once('tock', () => kept);
    controller.signal.addEventListener('abort', () => kept);
    target.addEventListener('ping', () => kept);
  }
}
function other() {}
bus.on('single', other);
listen(12);
v8.writeHeapSnapshot(process.argv[2]);
listen(30);
v8.writeHeapSnapshot(process.argv[3]);
process.exit(0);
`;
/** 1-based line of a piece of the source. */
const lineOf = (piece) => SOURCE.slice(0, SOURCE.indexOf(piece)).split('\n').length;

const directory = temporaryDirectory({ after });
const program = path.join(directory, 'program.js');
const [first, second] = ['first', 'second'].map((name) => path.join(directory, `${name}.heapsnapshot`));

/** The event's listeners, and the emitter they hang on. */
function find(audit, event, kind) {
  for (const emitter of audit.emitters) {
    const found = emitter.events.find((it) => it.event === event);
    if (found && emitter.kind === kind) return { emitter, ...found };
  }
  return assert.fail(`no ${event} on any ${kind} in\n${audit}`);
}

before(() => {
  writeFileSync(program, SOURCE);
  execFileSync(process.execPath, [program, first, second]);
});

describe('one snapshot', () => {
  test('closures of one literal are one site, with their place', () => {
    const audit = auditListeners(second);
    const { emitter, count, sites } = find(audit, 'uncaughtException', 'EventEmitter');
    assert.equal(emitter.name, 'process');
    assert.equal(count, 42);
    assert.equal(sites.length, 1);
    assert.equal(sites[0].count, 42);
    assert.equal(sites[0].location.line, lineOf('() => kept.text'));
    assert.equal(sites[0].location.url.split(/[\\/]/).at(-1), 'program.js');
    assert.ok(sites[0].location.column > 1);
  });

  test('named functions, once wrappers and single functions', () => {
    const audit = auditListeners(second);
    const tick = find(audit, 'tick', 'EventEmitter');
    assert.equal(tick.emitter.name, 'Bus');
    assert.equal(tick.count, 42);
    assert.equal(tick.sites[0].functionName, 'onTick');
    const tock = find(audit, 'tock', 'EventEmitter');
    assert.equal(tock.count, 42);
    assert.equal(tock.sites[0].location.line, lineOf("once('tock'"), 'the listener, not the wrapper of once()');
    const single = find(audit, 'single', 'EventEmitter');
    assert.deepEqual([single.count, single.sites[0].functionName], [1, 'other']);
  });

  test('EventTarget and AbortSignal', () => {
    const audit = auditListeners(second);
    const ping = find(audit, 'ping', 'EventTarget');
    assert.deepEqual([ping.count, ping.sites.length, ping.sites[0].location.line], [42, 1, lineOf("('ping'")]);
    const abort = find(audit, 'abort', 'EventTarget');
    assert.deepEqual([abort.count, abort.sites[0].location.line], [42, lineOf("('abort'")]);
  });

  test('over the limit: more listeners of one event than the emitter allows', () => {
    const { overLimit, emitters, totalListeners } = auditListeners(second);
    const names = overLimit.map(({ name }) => name);
    assert.ok(!names.includes('Bus') && !names.includes('process'), 'their limits were raised');
    assert.equal(
      totalListeners,
      emitters.flatMap(({ events }) => events).reduce((sum, { count }) => sum + count, 0),
    );
  });
});

test('several snapshots: growth by event', () => {
  const { count, growth } = find(auditListeners([first, second]), 'uncaughtException', 'EventEmitter');
  assert.deepEqual([count, growth], [42, 30]);
  const single = find(auditListeners([first, second]), 'single', 'EventEmitter');
  assert.equal(single.growth ?? 0, 0);
});

test('the asynchronous form says the same, of files and of snapshots', async () => {
  const expected = auditListeners(second).toJSON();
  assert.deepEqual((await auditListenersAsync(second)).toJSON(), expected);
  assert.deepEqual((await auditListenersAsync(parse(second))).toJSON(), expected);
  assert.match(`${auditListeners(second)}`, /uncaughtException/);
});

test('every supported line of Node.js keeps listeners in a way that is understood', async () => {
  const { nodes } = await import('./nodes/nodes.mjs');
  for (const { version, path: node } of nodes()) {
    execFileSync(node, [program, first, second]);
    const audit = auditListeners([first, second]);
    for (const [event, kind] of [
      ['uncaughtException', 'EventEmitter'],
      ['tick', 'EventEmitter'],
      ['tock', 'EventEmitter'],
      ['ping', 'EventTarget'],
      ['abort', 'EventTarget'],
    ]) {
      const { count, growth, sites } = find(audit, event, kind);
      assert.deepEqual(
        { count, growth, sites: sites.length },
        { count: 42, growth: 30, sites: 1 },
        `${event} on Node.js ${version}`,
      );
      assert.equal(path.basename(sites[0].location.url), 'program.js');
    }
  }
});
