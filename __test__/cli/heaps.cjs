'use strict';
// The heaps that the command line is tested with: a program that keeps every session in an array, and its listeners.

const { write } = require('../snapshot-text.cjs');

/**
 * root -> global -> `app`, a 注文サービス, which has `sessions` (an array that grows), `events` (an EventEmitter whose
 * `change` listeners are made at one line) and two equal texts. Ids are the same in every heap: what comes later is new.
 *
 * @param {number} sessions
 * @param {number} listeners
 */
function heap(sessions, listeners) {
  const nodes = [];
  /** Ids by name, so that the same thing has the same id in a heap with more of others. */
  const ids = new Map();
  const idOf = (name) => {
    if (!ids.has(name)) ids.set(name, 2 * (ids.size + 1) - 1);
    return ids.get(name);
  };
  const node = (label, type, name, size) => nodes.push({ type, name, id: idOf(label), size, edges: [] }) - 1;
  const edge = (from, type, name, to) => nodes[from].edges.push({ type, name, to });

  const root = node('root', 'synthetic', '', 0);
  const roots = node('roots', 'synthetic', '(GC roots)', 0);
  const global = node('global', 'object', 'global', 64);
  const script = node('script', 'code', '/srv/app/dist/orders.js', 128);
  const code = node('code', 'code', 'system / BytecodeArray', 300_000);
  const app = node('app', 'object', '注文サービス', 56);
  const list = node('list', 'object', 'Array', 32);
  const emitter = node('emitter', 'object', 'EventEmitter', 56);
  const events = node('events', 'object', 'Object', 40);
  const change = node('change', 'object', 'Array', 32);
  const shared = node('shared', 'code', 'onChange', 56);
  const texts = ['first', 'second'].map((name) => node(name, 'string', 'an equal text, held twice', 48));
  edge(root, 'element', 1, roots);
  edge(root, 'shortcut', '2', global);
  edge(roots, 'element', 1, script);
  edge(roots, 'element', 2, code);
  edge(global, 'property', 'app', app);
  edge(app, 'property', 'sessions', list);
  edge(app, 'property', 'events', emitter);
  edge(emitter, 'property', '_events', events);
  edge(events, 'property', 'change', change);
  edge(shared, 'internal', 'script', script);
  texts.forEach((text, at) => edge(app, 'property', `text${at}`, text));
  // Room for what others add, so that their ids stay the same.
  for (let i = 0; i < 1000; i++) for (const kind of ['session', 'user', 'listener']) idOf(`${kind} ${i}`);
  for (let i = 0; i < sessions; i++) {
    const session = node(`session ${i}`, 'object', 'Session 🙂', 48);
    const user = node(`user ${i}`, 'string', `user ${i} \u001b[31mred\u001b[0m`, 952);
    edge(list, 'element', i, session);
    edge(session, 'property', 'user', user);
  }
  for (let i = 0; i < listeners; i++) {
    const listener = node(`listener ${i}`, 'closure', 'onChange', 64);
    nodes[listener].locations = [[7, 33, 38]];
    edge(listener, 'internal', 'shared', shared);
    edge(change, 'element', i, listener);
  }
  return { nodes };
}

const HEAPS = {
  before: () => heap(100, 5),
  /** Halfway from `before` to `leaking`. */
  middle: () => heap(250, 155),
  leaking: () => heap(400, 305),
  growing: () => heap(400, 5),
  healthy: () => heap(100, 5),
  /** 100,000 bytes more in sessions. */
  ids: { app: 11, list: 13, listener: 29 },
};

/** A profile of allocations: `build`, called by `main`, made most. */
const profile = () => {
  const frame = (functionName, lineNumber, selfSize, id, children = []) => {
    const url = lineNumber < 0 ? '' : 'file:///srv/app/dist/orders.js';
    return { callFrame: { functionName, scriptId: '7', url, lineNumber, columnNumber: 4 }, selfSize, id, children };
  };
  const head = frame('(root)', -1, 0, 1, [frame('main', 3, 2_048, 2, [frame('build', 9, 65_536, 3)])]);
  return JSON.stringify({ head, samples: [{ size: 2_048, nodeId: 2, ordinal: 1 }, { size: 65_536, nodeId: 3, ordinal: 2 }] });
};

/** @param {keyof typeof HEAPS} name */
const bytes = (name) => write(HEAPS[name]());

module.exports = { bytes, profile };
