// @ts-check
'use strict';

/**
 * Emitters and their listeners as they lie in memory: own data properties only, so that no getter, no proxy trap and no
 * overridden method of the program ever runs, and nothing is changed.
 */

const EventEmitter = require('node:events');
const { isMap, isProxy } = require('node:util').types;
const { nameOf } = require('./sites.js');

/** @typedef {{ event: string, listeners: Function[] }} LiveEvent */
/** @typedef {{ object: object, name: string, kind: 'EventEmitter' | 'EventTarget' | 'emitter-like', maxListeners: number | null, events: LiveEvent[] }} LiveEmitter */

/** Chains of listeners and of prototypes are not followed for ever. */
const LONGEST_CHAIN = 100_000;
const MOST_PROTOTYPES = 50;

const isObject = (/** @type {unknown} */ value) => (typeof value === 'object' && value !== null) || typeof value === 'function';

/** Whether it can be looked at without running code of the program. @param {any} value */
const isOpen = (value) => isObject(value) && !isProxy(value);

/** The value of an own data property; `undefined` for anything else. @param {any} object @param {PropertyKey} key */
function own(object, key) {
  try {
    const property = Reflect.getOwnPropertyDescriptor(object, key);
    return property && 'value' in property ? property.value : undefined;
  } catch {
    // An export of a module that has not come so far.
    return undefined;
  }
}

/** @param {any} object @returns {any} */
const parentOf = (object) => Reflect.getPrototypeOf(object);

/** Whether an object inherits from a prototype. @param {any} object @param {object} prototype */
function inherits(object, prototype) {
  for (let parent = parentOf(object), steps = 0; parent !== null && steps < MOST_PROTOTYPES; parent = parentOf(parent), steps++) {
    if (parent === prototype) return true;
    if (isProxy(parent)) return false;
  }
  return false;
}

/** The name of its class, as a heap snapshot has it. @param {any} object */
function className(object) {
  for (let parent = parentOf(object), steps = 0; parent !== null && steps < MOST_PROTOTYPES; parent = parentOf(parent), steps++) {
    if (isProxy(parent)) break;
    const constructor = own(parent, 'constructor');
    if (typeof constructor === 'function' && !isProxy(constructor)) {
      const name = nameOf(constructor);
      if (name !== '') return name;
    }
  }
  return 'Object';
}

/** Symbols are shown as snapshots show them. @param {PropertyKey} key */
const eventName = (key) => (typeof key === 'symbol' ? `<symbol ${key.description ?? ''}>` : String(key));

/** The function that the program gave: `once` wraps it. @param {any} entry */
function listenerOf(entry) {
  if (typeof entry !== 'function') {
    // eventemitter3 and its like keep records.
    return isOpen(entry) && typeof own(entry, 'fn') === 'function' ? own(entry, 'fn') : undefined;
  }
  const inner = isProxy(entry) ? undefined : own(entry, 'listener');
  return typeof inner === 'function' ? inner : entry;
}

/** @param {any} value */
function listenersOf(value) {
  if (!Array.isArray(value) || isProxy(value)) return [listenerOf(value)].filter((fn) => fn !== undefined);
  const listeners = [];
  for (let at = 0; at < value.length; at++) {
    const fn = listenerOf(own(value, at));
    if (fn !== undefined) listeners.push(fn);
  }
  return listeners;
}

/** @param {any} object @returns {LiveEvent[] | undefined} */
function nodeEvents(object) {
  const events = own(object, '_events');
  if (!isOpen(events)) return undefined;
  return Reflect.ownKeys(events).map((key) => ({ event: eventName(key), listeners: listenersOf(own(events, key)) }));
}

/** The symbols that Node.js itself uses, found by what they are called. @param {any} object @param {string} description */
function ownBySymbol(object, description) {
  const symbol = Object.getOwnPropertySymbols(object).find((it) => it.description === description);
  return symbol && own(object, symbol);
}

/** The function that the program gave to an EventTarget. @param {any} entry @returns {Function | undefined} */
function callbackOf(entry) {
  let given = own(entry, 'listener') ?? own(entry, 'callback');
  // Listeners of Node's own are held weakly.
  if (isOpen(given) && given instanceof WeakRef) given = WeakRef.prototype.deref.call(given);
  const fn = typeof given === 'function' ? given : isOpen(given) ? inherited(given, 'handleEvent') : undefined;
  if (typeof fn !== 'function') return undefined;
  // `target.onabort = f` stands behind a function of Node's, which keeps it as `handler`.
  const handler = isProxy(fn) ? undefined : own(fn, 'handler');
  return typeof handler === 'function' ? handler : fn;
}

/** The value of a data property of an object or of what it inherits from. @param {any} object @param {string} key */
function inherited(object, key) {
  for (let steps = 0; object !== null && !isProxy(object) && steps < MOST_PROTOTYPES; object = parentOf(object), steps++) {
    if (Reflect.getOwnPropertyDescriptor(object, key)) return own(object, key);
  }
  return undefined;
}

/** @param {any} object @returns {LiveEvent[] | undefined} */
function targetEvents(object) {
  const types = ownBySymbol(object, 'kEvents');
  if (!isMap(types) || isProxy(types)) return undefined;
  /** @type {LiveEvent[]} */
  const events = [];
  Map.prototype.forEach.call(types, (root, type) => {
    const listeners = [];
    let entry = isOpen(root) ? own(root, 'next') : undefined;
    for (let steps = 0; isOpen(entry) && steps < LONGEST_CHAIN; entry = own(entry, 'next'), steps++) {
      const fn = callbackOf(entry);
      if (fn) listeners.push(fn);
    }
    events.push({ event: eventName(type), listeners });
  });
  return events;
}

/** @param {unknown} limit @param {number} fallback */
function limitOf(limit, fallback) {
  const value = typeof limit === 'number' ? limit : fallback;
  // 0 and Infinity mean that there is none.
  return value > 0 && Number.isFinite(value) ? value : null;
}

/**
 * What an object is as an emitter; `undefined` if it is none, or has no listeners.
 * @param {any} object
 * @returns {LiveEmitter | undefined}
 */
function readEmitter(object) {
  try {
    if (!isOpen(object)) return undefined;
    /** @type {LiveEmitter['kind']} */
    let kind = 'EventTarget';
    let limit = null;
    let events = targetEvents(object);
    if (events) limit = limitOf(ownBySymbol(object, 'events.maxEventTargetListeners'), 0);
    else {
      events = nodeEvents(object);
      if (!events) return undefined;
      const isNode = inherits(object, EventEmitter.prototype);
      kind = isNode ? 'EventEmitter' : 'emitter-like';
      if (isNode) limit = limitOf(own(object, '_maxListeners'), EventEmitter.defaultMaxListeners);
    }
    events = events.filter(({ listeners }) => listeners.length > 0);
    if (events.length === 0) return undefined;
    return { object, name: object === process ? 'process' : className(object), kind, maxListeners: limit, events };
  } catch {
    // What cannot be looked at, such as a proxy's revoked target, is left out.
    return undefined;
  }
}

module.exports = { className, inherited, inherits, isOpen, own, ownBySymbol, readEmitter };
