// @ts-check
'use strict';

/**
 * What can be reached from what Node.js itself exposes: `process`, `cluster`, open handles and requests, and the exports of
 * loaded CommonJS modules. Own data properties, array elements, entries of Maps and Sets; breadth first and bounded, in
 * steps, so that a caller may let the event loop turn.
 */

const { isMap, isSet, isTypedArray, isArrayBuffer } = require('node:util').types;
const { isOpen, own } = require('./emitters.js');

/** Objects looked at: about 0.1 s. */
const MOST_OBJECTS = 50_000;
const MOST_STEPS = 8;
/** Properties or elements of one object. */
const MOST_ENTRIES = 1000;
/** Objects looked at between two turns. */
const BATCH = 200;

/** Names of values that a property or a place holds: `require.cache['/srv/app.js'].bus`. */
const member = (/** @type {string} */ of, /** @type {PropertyKey} */ key) =>
  typeof key === 'symbol' ? `${of}[${String(key)}]` : /^[A-Za-z_$][\w$]*$/.test(key + '') ? `${of}.${String(key)}` : `${of}[${JSON.stringify(key)}]`;

/** @returns {[string, any][]} */
function roots() {
  /** @type {[string, any][]} */
  const found = [['process', process]];
  if (/** @type {any} */ (process).moduleLoadList?.includes('NativeModule cluster')) found.push(['cluster', require('node:cluster')]);
  found.push(...handles().map((/** @type {any} */ handle) => /** @type {[string, any]} */ (['(open handle)', handle])));
  const cache = /** @type {any} */ (require('node:module'))._cache ?? require.cache;
  for (const file of Object.keys(cache)) {
    const module = own(cache, file);
    if (isOpen(module)) found.push([`require(${JSON.stringify(file)})`, own(module, 'exports')]);
  }
  return found;
}

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
  /** @type {{ object: any, place: string, steps: number }[]} */
  const queue = [];
  const add = (/** @type {any} */ object, /** @type {string} */ place, /** @type {number} */ steps) => {
    if (!isOpen(object) || seen.has(object) || seen.size >= MOST_OBJECTS) return;
    seen.add(object);
    queue.push({ object, place, steps });
  };
  for (const [place, object] of roots()) add(object, place, 0);
  for (let at = 0; at < queue.length; at++) {
    const { object, place, steps } = queue[at];
    visit(object, place);
    if (steps < MOST_STEPS && !isTypedArray(object) && !isArrayBuffer(object)) expand(object, place, steps + 1, add);
    if (at % BATCH === BATCH - 1) yield;
  }
}

/**
 * @param {any} object
 * @param {string} place
 * @param {number} steps
 * @param {(object: any, place: string, steps: number) => void} add
 */
function expand(object, place, steps, add) {
  let left = MOST_ENTRIES;
  if (isMap(object) || isSet(object)) {
    // The iterator of the class itself: one of a subclass is the program's.
    const entries = isMap(object) ? Map.prototype.entries.call(object) : Set.prototype.entries.call(object);
    for (const [key, value] of entries) {
      if (left-- === 0) break;
      add(key, `${place} (key)`, steps);
      add(value, `${place} (entry)`, steps);
    }
  }
  if (Array.isArray(object)) {
    for (let at = 0; at < Math.min(object.length, MOST_ENTRIES); at++) add(own(object, at), `${place}[]`, steps);
    return;
  }
  for (const key of Reflect.ownKeys(object)) {
    if (left-- <= 0) break;
    const value = own(object, key);
    if (isOpen(value)) add(value, member(place, key), steps);
  }
}

module.exports = { handles, reach };
