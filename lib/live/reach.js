// @ts-check
'use strict';

/**
 * What can be reached from what Node.js itself exposes: `process`, `cluster`, open handles and requests, timers that are set, and
 * the exports of loaded modules; and from the variables of functions found there. Own data properties, array elements, entries of
 * Maps and Sets; breadth first and bounded, in steps, so that a caller may let the event loop turn.
 */

const { isMap, isSet, isTypedArray, isArrayBuffer } = require('node:util').types;
const { inherits, isOpen, own } = require('./emitters.js');
const { activeTimers, loadedModules } = require('./internals.js');
const { urlOf } = require('./sites.js');
const { variablesOf } = require('./variables.js');

/** Objects looked at: about 0.1 s. */
const MOST_OBJECTS = 50_000;
const MOST_STEPS = 8;
/** Properties or elements of one object. */
const MOST_ENTRIES = 1000;
/** Objects looked at between two turns. */
const BATCH = 200;
/** Timers whose callbacks and arguments are looked at. */
const MOST_TIMERS = 2000;
/** Functions whose variables are looked at: 20 to 60 ms; so many between two turns. */
const MOST_FUNCTIONS = 200;
const FUNCTIONS_BATCH = 10;

/** Names of values that a property or a place holds: `require.cache['/srv/app.js'].bus`. */
const member = (/** @type {string} */ of, /** @type {PropertyKey} */ key) =>
  typeof key === 'symbol' ? `${of}[${String(key)}]` : /^[A-Za-z_$][\w$]*$/.test(key + '') ? `${of}.${String(key)}` : `${of}[${JSON.stringify(key)}]`;

/**
 * Where a walk begins. All functions of a module share its variables, so that one is enough; those of packages are left to the packages.
 * @typedef {{ place: string, object: any, functions: 'one' | 'none' | 'all' }} Root
 */

/** @returns {Root[]} */
function roots() {
  /** @type {Root[]} */
  const found = [
    { place: 'process._events', object: own(process, '_events'), functions: 'all' },
    { place: 'process', object: process, functions: 'none' },
  ];
  if (/** @type {any} */ (process).moduleLoadList?.includes('NativeModule cluster')) {
    found.push({ place: 'cluster', object: require('node:cluster'), functions: 'none' });
  }
  for (const object of handles()) found.push({ place: '(open handle)', object, functions: 'all' });
  for (const timer of (activeTimers() ?? []).slice(0, MOST_TIMERS)) {
    for (const key of ['_onTimeout', '_onImmediate', '_timerArgs', '_argv']) found.push({ place: '(timer)', object: own(timer, key), functions: 'all' });
  }
  const cache = cacheOf(require('node:module'));
  for (const file of Object.keys(cache)) {
    const module = own(cache, file);
    if (isOpen(module)) found.push(rootOf('require', file, own(module, 'exports')));
  }
  for (const [file, namespace] of loadedModules()) found.push(rootOf('import', file, namespace));
  return found;
}

/** @param {'require' | 'import'} by @param {string} file @param {any} object @returns {Root} */
const rootOf = (by, file, object) => ({
  place: `${by}(${JSON.stringify(file)})`,
  object,
  functions: /[\\/]node_modules[\\/]/.test(file) ? 'none' : 'one',
});

/** Handles and requests that keep the event loop alive. @returns {any[]} */
function handles() {
  const node = /** @type {any} */ (process);
  return [...(node._getActiveHandles?.() ?? []), ...(node._getActiveRequests?.() ?? [])].filter(isOpen);
}

/**
 * Calls `visit` for every object that can be reached, with how. Yields now and then.
 * @param {(object: any, place: string) => void} visit
 */
function* reach(visit) {
  const seen = new Set();
  /** @type {{ object: any, place: string, steps: number, root: Root }[]} */
  const queue = [];
  const add = (/** @type {any} */ object, /** @type {string} */ place, /** @type {number} */ steps, /** @type {Root} */ root) => {
    if (!isOpen(object) || seen.has(object) || seen.size >= MOST_OBJECTS) return;
    seen.add(object);
    queue.push({ object, place, steps, root });
  };
  for (const root of roots()) add(root.object, root.place, 0, root);
  let at = 0;
  const walk = function* (/** @type {(it: (typeof queue)[0]) => void} */ meet) {
    for (; at < queue.length; at++) {
      const it = queue[at];
      const { object, place, steps, root } = it;
      visit(object, place);
      meet(it);
      const next = (/** @type {any} */ object, /** @type {string} */ place) => add(object, place, steps + 1, root);
      if (steps < MOST_STEPS && !isTypedArray(object) && !isArrayBuffer(object)) expand(object, place, next);
      if (at % BATCH === BATCH - 1) yield;
    }
  };
  const met = new Met();
  yield* walk((it) => met.add(it));
  const functions = met.functions();
  for (let from = 0; from < functions.length; from += FUNCTIONS_BATCH) {
    const some = functions.slice(from, from + FUNCTIONS_BATCH);
    const variables = variablesOf(some.map(({ object }) => object), (scriptId) => !urlOf(scriptId).startsWith('node:'));
    for (const { object, place, root } of some) {
      for (const [name, value] of variables.get(object) ?? []) {
        // Modules are looked at already.
        if (!isLoaders(value)) add(value, name.startsWith('[[') ? `${place}${name}` : member(`${place}[[Scopes]]`, name), 0, root);
      }
    }
    yield;
  }
  yield* walk(() => {});
}

/** Whether it is a module's `module` or `require`. @param {any} value */
function isLoaders(value) {
  const Module = require('node:module');
  return isOpen(value) && (inherits(value, Module.prototype) || own(value, 'cache') === cacheOf(Module));
}

const cacheOf = (/** @type {any} */ Module) => Module._cache ?? require.cache;

/** Functions whose variables are worth a look: of those with one text, one. */
class Met {
  /** @type {Map<string, { object: Function, place: string, root: Root }>} */
  #byText = new Map();
  /** @type {Set<Root>} */
  #done = new Set();

  /** @param {{ object: any, place: string, root: Root }} it */
  add(it) {
    const { object, root } = it;
    if (typeof object !== 'function' || root.functions === 'none' || this.#byText.size >= MOST_FUNCTIONS || this.#done.has(root)) return;
    const text = Function.prototype.toString.call(object);
    if (this.#byText.has(text)) return;
    this.#byText.set(text, it);
    if (root.functions === 'one') this.#done.add(root);
  }

  /** Those of modules first: what a module holds is told as its own. */
  functions() {
    const isModules = (/** @type {{ root: Root }} */ { root }) => root.functions === 'one';
    return [...this.#byText.values()].sort((a, b) => Number(isModules(b)) - Number(isModules(a)));
  }
}

/**
 * @param {any} object
 * @param {string} place
 * @param {(object: any, place: string) => void} add
 */
function expand(object, place, add) {
  let left = MOST_ENTRIES;
  if (isMap(object) || isSet(object)) {
    // The iterator of the class itself: one of a subclass is the program's.
    const entries = isMap(object) ? Map.prototype.entries.call(object) : Set.prototype.entries.call(object);
    for (const [key, value] of entries) {
      if (left-- === 0) break;
      add(key, `${place} (key)`);
      add(value, `${place} (entry)`);
    }
  }
  if (Array.isArray(object)) {
    for (let at = 0; at < Math.min(object.length, MOST_ENTRIES); at++) add(own(object, at), `${place}[]`);
    return;
  }
  for (const key of Reflect.ownKeys(object)) {
    if (left-- <= 0) break;
    const value = own(object, key);
    if (isOpen(value)) add(value, member(place, key));
  }
}

module.exports = { handles, reach };
