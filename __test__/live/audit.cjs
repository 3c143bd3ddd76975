'use strict';
// Live audits in a process of its own; process.argv[2] says which.

const assert = require('node:assert/strict');
const EventEmitter = require('node:events');
const http = require('node:http');
const { once } = require('node:events');
const net = require('node:net');
const { readFileSync } = require('node:fs');
const path = require('node:path');
const { pathToFileURL } = require('node:url');
const vm = require('node:vm');
const { Worker } = require('node:worker_threads');
const leakscan = require('../..');
const { auditHandles, auditListeners, auditListenersAsync, auditTimers, capture, trackListeners } = leakscan;

process.on('warning', ({ name }) => assert.ok(name === 'MaxListenersExceededWarning', name));

/** The line of this file that a comment marks. */
const lines = readFileSync(__filename, 'utf8').split('\n');
const lineOf = (mark) => 1 + lines.findIndex((line) => line.endsWith(`// ${mark}`));

const bus = (exports.bus = new EventEmitter());
let unexported;
exports.useUnexported = () => unexported;
const own = (audit, name, event) => audit.emitters.find((emitter) => emitter.name === name)?.events.find((it) => it.event === event);

const works = {
  async listeners() {
    const add = (count) => {
      for (let i = 0; i < count; i++) process.on('beforeExit', () => i); // per round
    };
    add(20);
    bus.once('message', function named() {}); // once
    bus.on('message', named2.bind(null));
    bus.on(Symbol('sign'), () => {});
    bus.on('user ann@example.org', () => {});
    const first = auditListeners();
    const event = own(first, 'process', 'beforeExit');
    assert.deepEqual(event.sites, [
      { location: { url: __filename, line: lineOf('per round'), column: 64, functionName: '' }, functionName: '', count: 20 },
    ]);
    assert.deepEqual([event.count, event.growth], [20, undefined]);
    assert.deepEqual(first.overLimit.map(({ name }) => name), ['process']);
    const emitter = first.emitters.find(({ reachedBy }) => reachedBy?.endsWith('.bus'));
    assert.deepEqual([emitter.name, emitter.kind, emitter.maxListeners], ['EventEmitter', 'EventEmitter', 10]);
    assert.deepEqual(emitter.events.map((it) => it.event).sort(), ['<symbol sign>', '[key]', 'message']);
    const places = emitter.events.find((it) => it.event === 'message').sites.map(({ location, functionName }) => [location.line, functionName]);
    assert.deepEqual(places, [[lineOf('once'), 'named'], [lineOf('bound'), 'named2']]);
    assert.match(String(first), /beforeExit +20 +live\/audit\.cjs:\d+:64\n/);

    add(5);
    const second = auditListeners();
    assert.deepEqual([own(second, 'process', 'beforeExit').count, own(second, 'process', 'beforeExit').growth], [25, 5]);
    assert.equal(second.emitters[0].name, 'process', 'what grew comes first');

    // The same places as in a snapshot.
    const snapshot = await capture();
    const there = own(auditListeners(snapshot), 'process', 'beforeExit');
    assert.deepEqual(there.sites[0].location, event.sites[0].location);
  },

  /** Two functions of the same text are told apart by their place. */
  async places() {
    for (let i = 0; i < 100; i++) bus.on('mixed', () => {}); // one place
    for (let i = 0; i < 7; i++) bus.on('mixed', () => {}); // another place
    bus.on('other', () => {}); // third place
    const { events } = auditListeners().emitters.find(({ reachedBy }) => reachedBy?.endsWith('.bus'));
    const sites = (name) => events.find(({ event }) => event === name).sites.map(({ location, count }) => [location.line, count]);
    assert.deepEqual(sites('mixed'), [[lineOf('one place'), 100], [lineOf('another place'), 7]]);
    assert.deepEqual(sites('other'), [[lineOf('third place'), 1]]);
  },

  /** What modules hold and do not export, what timers hold, ES modules. */
  async reach() {
    const named = (audit) => new Map(audit.emitters.map((emitter) => [emitter.name, emitter.reachedBy]));
    const make = (name) => new ({ [name]: class extends EventEmitter {} }[name])().on('x', () => {});
    for (const name of ['OfTimer', 'OfThis', 'OfArguments', 'OfImmediate']) assert.equal(named(auditListeners()).has(name), false);
    (() => {
      const [ofTimer, ofThis] = [make('OfTimer'), make('OfThis')];
      setInterval(() => ofTimer.emit('tick'), 4000).unref();
      setInterval(function () {}.bind({ inside: ofThis }), 4000).unref();
      setTimeout(() => {}, 4000, { argument: make('OfArguments') }).unref();
      setImmediate(() => {}, make('OfImmediate'));
      unexported = make('OfModule');
    })();
    const near = named(auditListeners());
    assert.equal(near.get('OfTimer'), '(timer)[[Scopes]].ofTimer');
    assert.equal(near.get('OfThis'), '(timer)[[BoundThis]].inside');
    assert.match(near.get('OfArguments'), /^\(timer\)\[\]\.argument$/);
    assert.match(near.get('OfImmediate'), /^\(timer\)\[\]$/);
    assert.match(near.get('OfModule'), /audit\.cjs"\).*\[\[Scopes\]\]\.unexported$/);

    const file = path.join(__dirname, 'modules/shop.mjs');
    let half;
    globalThis.whileHalf = () => (half = auditListeners());
    await import(pathToFileURL(file).href);
    assert.ok(half.totalListeners > 0 && half.missing === undefined);
    const modules = named(auditListeners());
    assert.equal(modules.get('Exported'), `import(${JSON.stringify(file)}).orders`);
    assert.equal(modules.get('Private'), `import(${JSON.stringify(file)}).restock[[Scopes]].stock`);
    // An audit that is kept keeps no emitter.
    const reference = (() => new WeakRef(unexported))();
    unexported = undefined;
    for (let round = 0; round < 3; round++) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      auditListeners({ all: true });
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
    assert.equal(reference.deref(), undefined);
    assert.match(String(half), /listeners on/);
  },

  async all() {
    const hidden = () => {
      const emitter = new (class Hidden extends EventEmitter {})();
      emitter.on('secret', () => {});
      const target = new EventTarget();
      target.addEventListener('shout', { handleEvent() {} });
      const controller = new AbortController();
      controller.signal.onabort = () => {};
      return () => [emitter, target, controller];
    };
    const keep = hidden();
    const near = auditListeners();
    assert.equal(near.emitters.find(({ name }) => name === 'Hidden'), undefined);
    const far = auditListeners({ all: true });
    assert.equal(own(far, 'Hidden', 'secret').count, 1);
    assert.deepEqual(far.emitters.find(({ name }) => name === 'EventTarget').kind, 'EventTarget');
    assert.equal(own(far, 'EventTarget', 'shout').sites[0].functionName, 'handleEvent');
    assert.equal(own(far, 'AbortSignal', 'abort').sites[0].location.url, __filename);
    assert.ok(far.emitterCount > near.emitterCount);
    // Also in another context.
    const sandbox = vm.createContext({ EventEmitter });
    vm.runInContext(`globalThis.kept = new (class Elsewhere extends EventEmitter {})().on('call', () => {});`, sandbox);
    assert.equal(own(auditListeners({ all: true }), 'Elsewhere', 'call').count, 1);
    assert.ok(sandbox.kept);
    assert.equal(keep().length, 3);
    // What was asked of V8 is let go of.
    const reference = (() => new WeakRef(new (class Short extends EventEmitter {})().on('x', () => {})))();
    auditListeners({ all: true });
    // A weak reference holds what it was asked for until the end of the turn: it is asked once, at the end.
    for (let round = 0; round < 3; round++) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      auditListeners({ all: true });
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
    assert.equal(reference.deref(), undefined);
  },

  /** What would bite is not touched. */
  async hostile() {
    const bite = () => {
      throw new Error('touched');
    };
    const trap = new Proxy({}, { get: bite, has: bite, ownKeys: bite, getOwnPropertyDescriptor: bite, getPrototypeOf: bite });
    const emitter = new EventEmitter();
    emitter.on('fine', () => {});
    Object.defineProperty(emitter, 'own', { get: bite, enumerable: true });
    Object.defineProperty(emitter, '_maxListeners', { get: bite });
    const overridden = new (class extends EventEmitter {
      listeners() {
        return bite();
      }
      rawListeners() {
        return bite();
      }
      get _events() {
        return undefined;
      }
      set _events(_) {}
    })();
    const { proxy, revoke } = Proxy.revocable(function () {}, {});
    const proxied = new EventEmitter().on('p', new Proxy(() => {}, { get: bite }));
    proxied.on('p', proxy);
    revoke();
    const gone = Proxy.revocable({}, {});
    gone.revoke();
    const deep = {};
    for (let at = deep, i = 0; i < 1e5; i++) at = at.next = {};
    const frozen = Object.freeze(new EventEmitter().on('f', () => {}));
    Object.assign(exports, { trap, emitter, overridden, proxied, frozen, gone: gone.proxy, deep });
    exports.get = Object.defineProperty({}, 'x', { get: bite, enumerable: true });
    exports.inherits = Object.create(trap);
    exports.strange = Object.assign(new EventEmitter(), { _events: trap });
    exports.odd = Object.assign(new EventEmitter(), { _events: { a: 7, b: [null, 'x', () => {}] } });
    exports.circular = new Map([[exports, exports]]);
    for (const options of [{}, { all: true }]) {
      const audit = auditListeners(options);
      assert.equal(audit.emitters.find(({ reachedBy }) => reachedBy?.endsWith('.emitter')).maxListeners, 10);
      assert.equal(audit.emitters.find(({ reachedBy }) => reachedBy?.endsWith('.proxied')).events[0].sites[0].functionName, '(proxy)');
      assert.ok(audit.emitters.find(({ reachedBy }) => reachedBy?.endsWith('.frozen')));
    }
    auditHandles();
    auditTimers();
    assert.deepEqual(Reflect.ownKeys(globalThis).filter((key) => String(key).includes('leakscan')), []);
    assert.deepEqual(Reflect.ownKeys(EventEmitter).filter((key) => String(key).includes('leakscan')), []);
  },

  async timers() {
    const start = (count) => {
      for (let i = 0; i < count; i++) setInterval(() => i, 5000).unref(); // interval
    };
    start(30);
    const timeout = setTimeout(function late() {}, 60_000);
    const cleared = setTimeout(function cleared() {}, 60_000);
    clearTimeout(cleared);
    setImmediate(function soon() {});
    const first = auditTimers();
    const [intervals] = first.timers;
    assert.deepEqual(
      { ...intervals, location: intervals.location.line },
      { kind: 'interval', delay: 5000, location: lineOf('interval'), functionName: '', count: 30, refCount: 0 },
    );
    assert.deepEqual(
      first.timers.filter(({ functionName }) => functionName !== '').map(({ kind, delay, functionName, refCount }) => [kind, delay, functionName, refCount]).sort(),
      [['immediate', 0, 'soon', 1], ['timeout', 60_000, 'late', 1]],
    );
    start(5);
    const second = auditTimers();
    assert.deepEqual([second.timers[0].count, second.timers[0].growth], [35, 5]);
    assert.match(String(second), /interval 5 s +35 +\+5 +0 +live\/audit\.cjs/);
    clearTimeout(timeout);
  },

  async handles() {
    const server = net.createServer((socket) => socket.on('data', () => {})); // server
    await once(server.listen(0, '127.0.0.1'), 'listening');
    auditHandles();
    const sockets = Array.from({ length: 3 }, () => net.connect(server.address().port, '127.0.0.1'));
    await Promise.all(sockets.map((socket) => once(socket, 'connect')));
    const audit = auditHandles();
    const servers = audit.handles.find(({ kind }) => kind === 'Server (TCP)');
    assert.deepEqual([servers.count, servers.growth, servers.sites[0].event, servers.sites[0].location.line], [1, 0, 'connection', lineOf('server')]);
    const connections = audit.handles.find(({ kind }) => kind === 'Socket (TCP)');
    assert.ok(connections.count >= 3 && connections.growth >= 3);
    assert.ok(audit.resources.TCPSocketWrap >= 3);
    assert.match(String(audit), /Server \(TCP\) +1 +0 +'connection' live\/audit\.cjs/);
    sockets.forEach((socket) => socket.destroy());
    server.close();
  },

  async track() {
    const { on } = EventEmitter.prototype;
    const tracker = trackListeners({ every: 1 });
    for (let i = 0; i < 50; i++) bus.on('tracked', () => {}); // tracked
    bus.once('tracked', () => {});
    new EventTarget().addEventListener('shout', () => {});
    bus.setMaxListeners(0);
    const { sites, registrations } = tracker.report();
    const [first] = sites;
    assert.deepEqual([first.emitter, first.event, first.recorded, first.stack[0].line], ['EventEmitter', 'tracked', 50, lineOf('tracked')]);
    assert.equal(registrations, 52);
    assert.deepEqual(sites.map(({ event }) => event).sort(), ['shout', 'tracked', 'tracked']);
    tracker.stop();
    assert.equal(EventEmitter.prototype.on, on);
    bus.on('tracked', () => {});
    assert.equal(tracker.report().registrations, 52);

    const sampled = trackListeners({ every: 10, limit: 1 });
    for (let i = 0; i < 5000; i++) new EventEmitter().on('often', () => {});
    for (let i = 0; i < 5000; i++) new EventEmitter().on('again', () => {});
    const report = sampled.report();
    sampled.stop();
    assert.equal(report.registrations, 10_000);
    assert.ok(report.sites[0].recorded > 300 && report.sites[0].recorded < 800, `${report.sites[0].recorded}`);
    assert.ok(report.notRecorded > 300);
  },

  /** A service under load answers while it is audited, and in workers it works as well. */
  async service() {
    const server = http.createServer((request, response) => response.end('fine'));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    // Node.js itself closes connections that seem idle after a pause of that long, as on a busy machine.
    Object.assign(server, { keepAliveTimeout: 0, headersTimeout: 0, requestTimeout: 0 });
    const agent = new http.Agent({ keepAlive: true, maxSockets: 8 });
    const load = { ok: 0, failed: 0, stop: false };
    const client = async () => {
      while (!load.stop) {
        await new Promise((resolve) => {
          http
            .get({ port: server.address().port, agent }, (response) => {
              load[response.statusCode === 200 ? 'ok' : 'failed']++;
              response.resume().on('end', resolve);
            })
            .on('error', () => resolve(load.failed++));
        });
      }
    };
    const clients = Array.from({ length: 8 }, client);
    const watcher = leakscan.watch({ interval: 50, warmUp: 0 });
    const dog = leakscan.watchdog();
    for (let round = 0; round < 3; round++) {
      auditListeners();
      await auditListenersAsync();
      await auditListenersAsync({ all: true });
      auditTimers();
      auditHandles();
      (await capture()).dispose();
      const isolated = await capture({ isolate: 'process' });
      await leakscan.summarizeAsync(isolated);
      isolated.dispose();
      await leakscan.sampleAllocations({ duration: 10 });
      assert.equal((await leakscan.whyAlive(server)).alive, true);
      await leakscan.expectCollected({ round }, 'what nobody keeps');
    }
    watcher.close();
    await dog.close();
    load.stop = true;
    await Promise.all(clients);
    agent.destroy();
    server.close();
    assert.equal(load.failed, 0);
    assert.ok(load.ok > 10, `${load.ok}`);

    const worker = new Worker(
      `const leakscan = require(${JSON.stringify(path.join(__dirname, '../..'))});
       process.on('exit', function ofTheWorker() {});
       const audit = leakscan.auditListeners({ all: true });
       leakscan.auditTimers();
       leakscan.auditHandles();
       require('node:worker_threads').parentPort.postMessage(JSON.stringify(audit));`,
      { eval: true },
    );
    const [message] = await once(worker, 'message');
    assert.match(message, /"functionName":"ofTheWorker"/);
  },
};

function named2() {} // bound

works[process.argv[2]]().then(() => {
  console.log('true');
  process.exit();
}, (error) => {
  console.error(error);
  process.exit(1);
});
