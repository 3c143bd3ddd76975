// @ts-check
'use strict';

/**
 * The timers of this process that are yet to fire, by the place of their callback: as Node.js itself has them, in some
 * milliseconds. Where it does not show them, V8 is asked for all timer objects, which collects garbage and walks the heap: see
 * {@link livingObjects}.
 */

const { TimerAudit } = require('../answer.js');
const { KINDS, checkOptions } = require('../options.js');
const { isOpen, own } = require('./emitters.js');
const { activeTimers } = require('./internals.js');
const { livingObjects, missing } = require('./session.js');
const { sitesOf } = require('./sites.js');
const { counted, duration, grouped, placeOf, shortened, signed, table, worded } = require('./text.js');

const OPTIONS = { limit: KINDS.count };
const DEFAULT_LIMIT = 100;

/** Counts of the last audit. @type {Map<string, number> | undefined} */
let before;

/** @typedef {{ kind: 'interval' | 'timeout' | 'immediate', delay: number, callback: Function, ref: boolean }} LiveTimer */

/** @type {(object | null)[] | undefined} */
let known;

/** The prototypes of Node's own timers, from one of each. */
function prototypes() {
  if (known) return known;
  const timeout = setTimeout(() => {}, 0);
  clearTimeout(timeout);
  const immediate = setImmediate(() => {});
  clearImmediate(immediate);
  known = [timeout, immediate].map((timer) => Reflect.getPrototypeOf(timer));
  return known;
}

const livingTimers = () => prototypes().flatMap((prototype) => (prototype && livingObjects(prototype)) ?? []);

/** @param {any} timer @returns {LiveTimer | undefined} */
function readTimer(timer) {
  if (!isOpen(timer) || own(timer, '_destroyed') !== false) return undefined;
  const immediate = own(timer, '_onImmediate');
  const refed = Object.getOwnPropertySymbols(timer).find((symbol) => symbol.description === 'refed' || symbol.description === 'kRefed');
  const ref = refed === undefined || own(timer, refed) !== false;
  if (typeof immediate === 'function') return { kind: 'immediate', delay: 0, callback: immediate, ref };
  const [callback, delay, repeat] = ['_onTimeout', '_idleTimeout', '_repeat'].map((key) => own(timer, key));
  if (typeof callback !== 'function' || typeof delay !== 'number' || delay < 0) return undefined;
  return { kind: typeof repeat === 'number' ? 'interval' : 'timeout', delay, callback, ref };
}

/**
 * The timers that are set, by callback; see `index.d.ts`.
 * @param {object} [options]
 */
function auditTimers(options) {
  const { limit = DEFAULT_LIMIT } = checkOptions(options, OPTIONS);
  const timers = (activeTimers() ?? livingTimers()).map(readTimer).filter((timer) => timer !== undefined);
  const sites = sitesOf([timers.map(({ callback }) => callback)]);
  /** @type {Map<string, any>} */
  const rows = new Map();
  for (const { kind, delay, callback, ref } of timers) {
    const { key, location, functionName } = /** @type {import('./sites.js').Site} */ (sites.get(callback));
    const id = `${kind} ${delay} ${key}`;
    const row = rows.get(id);
    if (row) {
      row.count++;
      row.refCount += Number(ref);
    } else rows.set(id, { kind, delay, ...(location && { location }), functionName, count: 1, refCount: Number(ref) });
  }
  const then = before;
  before = new Map([...rows].map(([id, { count }]) => [id, count]));
  for (const [id, row] of rows) if (then) row.growth = row.count - (then.get(id) ?? 0);
  const ranked = [...rows.values()].sort((a, b) => (b.growth ?? 0) - (a.growth ?? 0) || b.count - a.count);
  const value = { schemaVersion: 1, timers: ranked.slice(0, limit), siteCount: ranked.length, totalTimers: timers.length, ...missing('the timers, which only V8 knows') };
  return new TimerAudit(worded(value, textOf));
}

/** @param {any} audit */
function textOf({ timers, siteCount, totalTimers, missing: lacking }) {
  const rows = timers.slice(0, 50).map((/** @type {any} */ { kind, delay, location, functionName, count, refCount, growth }) => [
    `${kind}${kind === 'immediate' ? '' : ` ${duration(delay)}`}`,
    grouped(count),
    signed(growth),
    grouped(refCount),
    `${placeOf(location)}${functionName ? ` ${shortened(functionName, 40)}` : ''}`,
  ]);
  let text = `${counted(totalTimers, 'timer')} of this process, with callbacks of ${counted(siteCount, 'place')}.\n`;
  if (rows.length > 0) text += `\n${table(['timer', '>count', '>growth', '>hold the process', 'callback'], rows)}`;
  if (lacking !== undefined) text += `\nMissing: ${lacking}\n`;
  if (siteCount > rows.length) text += `… and ${counted(siteCount - rows.length, 'more place')}\n`;
  return text;
}

module.exports = { auditTimers };
