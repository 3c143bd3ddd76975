// @ts-check
'use strict';

/**
 * What Node.js keeps for itself, out of the variables of its own functions: the timers that are set, and the ES modules that are
 * loaded. Some milliseconds. The names stand in Node's lib/timers.js, lib/internal/timers.js and lib/internal/modules/esm/loader.js
 * (Node.js 20 to 26); where they are others, there is nothing. Nothing of it is kept: it would keep timers and modules alive.
 */

const { isMap } = require('node:util').types;
const { inherited, isOpen, own } = require('./emitters.js');
const { pathOf } = require('./sites.js');
const { variablesOf } = require('./variables.js');

const MOST_TIMERS = 1_000_000;

/** @param {Function | undefined} fn @param {string} wanted */
function variableOf(fn, wanted) {
  if (fn === undefined) return undefined;
  return variablesOf([fn]).get(fn)?.find(([name]) => name === wanted)?.[1];
}

/**
 * The timers that are set, but for the one that runs: Node's own objects.
 * @returns {any[] | undefined} nothing where they cannot be had
 */
function activeTimers() {
  const variables = new Map(variablesOf([require('node:timers').setTimeout]).values().next().value);
  const [lists, immediates] = ['timerListMap', 'immediateQueue'].map((name) => variables.get(name));
  if (!isOpen(lists) || !isOpen(immediates)) return undefined;
  /** @type {any[]} */
  const timers = [];
  const follow = (/** @type {any} */ first, /** @type {any} */ end) => {
    for (let timer = first; isOpen(timer) && timer !== end && timers.length < MOST_TIMERS; timer = own(timer, '_idleNext')) timers.push(timer);
  };
  // A list for every duration, in a ring with its head.
  for (const duration of Reflect.ownKeys(lists)) {
    const list = own(lists, duration);
    if (isOpen(list)) follow(own(list, '_idleNext'), list);
  }
  follow(own(immediates, 'head'), undefined);
  return timers;
}

/** The ES modules that are loaded, with their namespaces, as far as they have begun to run. @returns {[file: string, namespace: any][]} */
function loadedModules() {
  const loader = variableOf(require('node:module').register, 'cascadedLoader');
  const cache = isOpen(loader) ? own(loader, 'loadCache') : undefined;
  /** @type {[string, any][]} */
  const modules = [];
  if (!isMap(cache)) return modules;
  for (const [url, jobs] of Map.prototype.entries.call(cache)) {
    if (typeof url !== 'string' || url.startsWith('node:') || !isOpen(jobs)) continue;
    for (const type of Reflect.ownKeys(jobs)) {
      const job = own(jobs, type);
      const wrap = isOpen(job) ? own(job, 'module') : undefined;
      const getNamespace = isOpen(wrap) ? inherited(wrap, 'getNamespace') : undefined;
      if (typeof getNamespace !== 'function') continue;
      try {
        modules.push([pathOf(url), Reflect.apply(getNamespace, wrap, [])]);
      } catch {
        // One that is not linked yet.
      }
    }
  }
  return modules;
}

module.exports = { activeTimers, loadedModules };
