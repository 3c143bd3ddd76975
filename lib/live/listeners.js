// @ts-check
'use strict';

/** The listeners of this process, now, without a snapshot. */

const EventEmitter = require('node:events');
const { setImmediate } = require('node:timers/promises');
const native = require('../../native.js');
const { ListenerAudit } = require('../answer.js');
const { readEmitter } = require('./emitters.js');
const { reach } = require('./reach.js');
const { livingObjects, missing } = require('./session.js');
const { sitesOf } = require('./sites.js');
const { counted, grouped, placeOf, shortened, signed, table, worded } = require('./text.js');

/** @typedef {import('./emitters.js').LiveEmitter & { place?: string }} Found */

const DEFAULT_LIMIT = 100;
/** How long the walk holds the event loop. */
const LONGEST_TURN_MS = 3;
/** Emitters whose counts are kept for the next audit, those with the most listeners. */
const MOST_REMEMBERED = 10_000;

/** Listeners by event as the last audit saw them; emitters are held weakly. @type {WeakMap<object, Map<string, number>> | undefined} */
let before;

/** @param {(object: any, place?: string) => void} see @param {boolean} all */
function* steps(see, all) {
  yield* reach(see);
  if (!all) return;
  for (const prototype of [EventEmitter.prototype, EventTarget.prototype]) {
    const living = livingObjects(prototype) ?? [];
    for (let at = 0; at < living.length; at++) {
      see(living[at]);
      if (at % 200 === 199) yield;
    }
  }
}

/** Finds the emitters that have listeners. @returns {{ found: Map<object, Found>, walk: Generator<void> }} */
function search(/** @type {boolean} */ all) {
  /** @type {Map<object, Found>} */
  const found = new Map();
  const see = (/** @type {any} */ object, /** @type {string | undefined} */ place) => {
    if (found.has(object)) return;
    const emitter = readEmitter(object);
    if (emitter) found.set(object, place === undefined ? emitter : { ...emitter, place });
  };
  return { found, walk: steps(see, all) };
}

/** @param {{ all?: boolean, limit?: number }} options */
function auditLive({ all = false, limit }) {
  const { found, walk } = search(all);
  while (!walk.next().done);
  return answer([...found.values()], limit);
}

/** The same, letting the event loop turn during the walk. @param {{ all?: boolean, limit?: number, signal?: AbortSignal }} options */
async function auditLiveAsync({ all = false, limit, signal }) {
  return answer(await walkAsync(all, signal), limit);
}

/** @param {boolean} all @param {AbortSignal} [signal] */
async function walkAsync(all, signal) {
  signal?.throwIfAborted();
  const { found, walk } = search(all);
  for (let turned = performance.now(); !walk.next().done; ) {
    if (performance.now() - turned < LONGEST_TURN_MS) continue;
    await setImmediate();
    signal?.throwIfAborted();
    turned = performance.now();
  }
  return [...found.values()];
}

/**
 * How many listeners there are, by class of emitter and event: an audit without places, which the next audit's growth does not see.
 * @returns {Promise<{ emitter: string, event: string, count: number, most: number }[]>} `most` is what one emitter has
 */
async function countListeners() {
  /** @type {Map<string, { emitter: string, event: string, count: number, most: number }>} */
  const counts = new Map();
  for (const { name: emitter, events } of await walkAsync(false)) {
    for (const { event: name, listeners } of events) {
      const [event] = native.shownNames([name.toWellFormed()]);
      const key = `${emitter}\0${event}`;
      const row = counts.get(key) ?? { emitter, event, count: 0, most: 0 };
      row.count += listeners.length;
      row.most = Math.max(row.most, listeners.length);
      counts.set(key, row);
    }
  }
  return [...counts.values()].sort((a, b) => b.count - a.count);
}

const total = (/** @type {Found} */ { events }) => events.reduce((sum, { listeners }) => sum + listeners.length, 0);

/** @param {Found[]} found @param {number} [limit] */
function answer(found, limit = DEFAULT_LIMIT) {
  const then = before;
  const growthOf = (/** @type {Found} */ { object }, /** @type {{ event: string, listeners: Function[] }} */ { event, listeners }) =>
    then === undefined ? undefined : listeners.length - (then.get(object)?.get(event) ?? 0);
  const greatest = new Map(found.map((emitter) => [emitter, Math.max(0, ...emitter.events.map((event) => growthOf(emitter, event) ?? 0))]));
  const rank = (/** @type {Found} */ emitter) => greatest.get(emitter) ?? 0;
  const ranked = found.toSorted((a, b) => rank(b) - rank(a) || total(b) - total(a));
  remember(found);

  const told = ranked.slice(0, limit);
  const sites = sitesOf(told.flatMap(({ events }) => events.map(({ listeners }) => listeners)));
  const names = told.flatMap(({ events }) => events.map(({ event }) => event));
  const shown = new Map(native.shownNames(names.map((name) => name.toWellFormed())).map((/** @type {string} */ name, /** @type {number} */ at) => [names[at], name]));
  const emitters = told.map((emitter) => ({
    name: emitter.name,
    kind: emitter.kind,
    maxListeners: emitter.maxListeners,
    ...(emitter.place !== undefined && { reachedBy: emitter.place }),
    events: emitter.events
      .map((event) => {
        const growth = growthOf(emitter, event);
        return {
          event: shown.get(event.event) ?? '[key]',
          count: event.listeners.length,
          ...(growth !== undefined && { growth }),
          sites: bySite(event.listeners, sites),
        };
      })
      .sort((a, b) => (b.growth ?? 0) - (a.growth ?? 0) || b.count - a.count),
  }));
  const value = {
    schemaVersion: 1,
    emitters,
    emitterCount: found.length,
    totalListeners: found.reduce((sum, emitter) => sum + total(emitter), 0),
    ...missing('places in the source, and emitters that only V8 knows'),
    overLimit: emitters.filter(({ maxListeners, events }) => maxListeners !== null && events.some(({ count }) => count > maxListeners)),
  };
  return new ListenerAudit(worded(value, textOf));
}

/** @param {Found[]} found */
function remember(found) {
  const kept = found.length > MOST_REMEMBERED ? found.toSorted((a, b) => total(b) - total(a)).slice(0, MOST_REMEMBERED) : found;
  before = new WeakMap(kept.map(({ object, events }) => [object, new Map(events.map(({ event, listeners }) => [event, listeners.length]))]));
}

/** @param {Function[]} listeners @param {Map<Function, import('./sites.js').Site>} sites */
function bySite(listeners, sites) {
  /** @type {Map<string, any>} */
  const counts = new Map();
  for (const fn of listeners) {
    const { key, location, functionName } = /** @type {import('./sites.js').Site} */ (sites.get(fn));
    const row = counts.get(key);
    if (row) row.count++;
    else counts.set(key, { ...(location && { location }), functionName, count: 1 });
  }
  return [...counts.values()].sort((a, b) => b.count - a.count);
}

/** @param {any} audit */
function textOf({ emitters, emitterCount, totalListeners, overLimit, missing: lacking }) {
  const over = overLimit.length === 0 ? 'none is' : overLimit.length === 1 ? '1 is' : `${grouped(overLimit.length)} are`;
  let text = `${counted(totalListeners, 'listener')} on ${counted(emitterCount, 'emitter')} of this process; ${over} over the limit.\n`;
  for (const { name, kind, maxListeners, reachedBy, events } of emitters.slice(0, 20)) {
    text += `\n${shortened(name, 40)} (${kind}${maxListeners === null ? '' : `, limit ${maxListeners}`})\n`;
    if (reachedBy !== undefined && reachedBy !== name) text += `  found at ${shortened(reachedBy, 90)}\n`;
    const rows = [];
    for (const { event, count, growth, sites } of events.slice(0, 10)) {
      for (const [at, site] of sites.slice(0, 3).entries()) {
        const first = at === 0;
        const times = sites.length > 1 ? `${grouped(site.count)} × ` : '';
        const fn = site.functionName ? ` ${shortened(site.functionName, 40)}` : '';
        rows.push([first ? `  ${shortened(event, 40)}` : '', first ? grouped(count) : '', first ? signed(growth) : '', `${times}${placeOf(site.location)}${fn}`]);
      }
      if (sites.length > 3) rows.push(['', '', '', `… and ${counted(sites.length - 3, 'more place')}`]);
    }
    text += table(['  event', '>count', '>growth', 'created at'], rows);
    if (events.length > 10) text += `  … and ${counted(events.length - 10, 'more event')}\n`;
  }
  if (lacking !== undefined) text += `\nMissing: ${lacking}\n`;
  if (emitterCount > Math.min(20, emitters.length)) text += `\n… and ${counted(emitterCount - Math.min(20, emitters.length), 'more emitter')}\n`;
  return text;
}

module.exports = { auditLive, auditLiveAsync, countListeners };
