// @ts-check
'use strict';

/**
 * What keeps the event loop of this process alive: sockets, servers, children, requests …, by kind and by the place of the
 * program's listener on them (Node.js does not keep who opened them). Microseconds each.
 */

const { HandleAudit } = require('../answer.js');
const { KINDS, checkOptions } = require('../options.js');
const { className, isOpen, own, ownBySymbol, readEmitter } = require('./emitters.js');
const { handles } = require('./reach.js');
const { missing } = require('./session.js');
const { sitesOf } = require('./sites.js');
const { counted, grouped, placeOf, shortened, signed, table, worded } = require('./text.js');

const OPTIONS = { limit: KINDS.count };
const DEFAULT_LIMIT = 100;

/** Counts of the last audit. @type {Map<string, number> | undefined} */
let before;

/** `Socket (TCP)`: the class, and what the operating system has behind it. @param {any} handle */
function kindOf(handle) {
  const name = className(handle);
  const native = own(handle, '_handle') ?? ownBySymbol(handle, 'kHandle');
  const behind = isOpen(native) ? className(native) : '';
  return behind !== '' && behind !== 'Object' && behind !== name ? `${name} (${behind})` : name;
}

/**
 * What keeps the event loop alive; see `index.d.ts`.
 * @param {object} [options]
 */
function auditHandles(options) {
  const { limit = DEFAULT_LIMIT } = checkOptions(options, OPTIONS);
  const found = handles().map((handle) => {
    const events = readEmitter(handle)?.events ?? [];
    return { kind: kindOf(handle), events };
  });
  const sites = sitesOf(found.flatMap(({ events }) => events.map(({ listeners }) => listeners)));
  /** @type {Map<string, { row: any, sites: Map<string, any> }>} */
  const kinds = new Map();
  for (const { kind, events } of found) {
    const entry = kinds.get(kind) ?? { row: { kind, count: 0 }, sites: new Map() };
    kinds.set(kind, entry);
    entry.row.count++;
    const own = firstOwn(events, sites);
    if (own === undefined) continue;
    const { key, ...site } = own;
    const known = entry.sites.get(key);
    if (known) known.count++;
    else entry.sites.set(key, { ...site, count: 1 });
  }
  const then = before;
  before = new Map([...kinds].map(([kind, { row }]) => [kind, row.count]));
  const rows = [...kinds.values()].map(({ row, sites }) => ({
    ...row,
    ...(then && { growth: row.count - (then.get(row.kind) ?? 0) }),
    sites: [...sites.values()].sort((a, b) => b.count - a.count),
  }));
  rows.sort((a, b) => (b.growth ?? 0) - (a.growth ?? 0) || b.count - a.count);
  /** @type {Record<string, number>} */
  const resources = {};
  for (const name of process.getActiveResourcesInfo()) resources[name] = (resources[name] ?? 0) + 1;
  const value = { schemaVersion: 1, handles: rows.slice(0, limit), totalHandles: found.length, resources, ...missing('places in the source') };
  return new HandleAudit(worded(value, textOf));
}

/**
 * The first listener that is the program's own.
 * @param {import('./emitters.js').LiveEvent[]} events
 * @param {Map<Function, import('./sites.js').Site>} sites
 */
function firstOwn(events, sites) {
  for (const { event, listeners } of events) {
    for (const listener of listeners) {
      const site = sites.get(listener);
      if (site?.location && !site.location.url.startsWith('node:')) return { event, ...site };
    }
  }
  return undefined;
}

/** @param {any} audit */
function textOf({ handles, totalHandles, resources, missing: lacking }) {
  const rows = [];
  for (const { kind, count, growth, sites } of handles.slice(0, 30)) {
    rows.push([shortened(kind, 40), grouped(count), signed(growth), sites[0] ? `'${sites[0].event}' ${placeOf(sites[0].location)}` : '']);
    for (const site of sites.slice(1, 3)) rows.push(['', '', '', `'${site.event}' ${placeOf(site.location)}`]);
  }
  const active = Object.entries(resources).sort((a, b) => b[1] - a[1]).map(([name, count]) => `${grouped(count)} ${name}`);
  let text = `${counted(totalHandles, 'open handle')} of this process.\n`;
  if (rows.length > 0) text += `\n${table(['handle', '>count', '>growth', 'listened to at'], rows)}`;
  if (lacking !== undefined) text += `\nMissing: ${lacking}\n`;
  if (active.length > 0) text += `\nKeeping the event loop alive: ${active.join(', ')}.\n`;
  return text;
}

module.exports = { auditHandles };
