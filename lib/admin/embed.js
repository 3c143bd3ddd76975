// @ts-check
'use strict';

/**
 * A page to keep: what the routes answer about snapshots that are open, as much of it as a file of a few megabytes holds. The answers are
 * made by the routes themselves, so the page cannot tell them from a server's, and what is not told there is not told here.
 */

const { pageWith } = require('../page.js');
const { Core } = require('./core.js');
const { Desk } = require('./desk.js');
const { notFound } = require('./failure.js');
const { ROUTES } = require('./routes.js');

/** Rows of lists that come with the page, from their beginning. */
const CLASSES = 300;
const INSTANCES = 20;
const DOMINATORS = 200;
const DOMINATED = 40;
const EDGES = 50;
/** Classes of which the largest objects are told. */
const LARGEST_CLASSES = 25;
/** Nodes of which all is told: those that findings name, and the largest of the dominator tree. */
const MOST_NODES = 60;
const LARGEST = 12;

/** Nobody asks from outside. */
const guard = /** @type {any} */ ({ checkOrigin() {}, authorize: () => 'token' });

/**
 * @param {object} about
 * @param {import('../snapshot.js').Snapshot[]} about.snapshots the oldest first
 * @param {string[]} about.names theirs
 * @param {object} [about.summary] if it is not as the route would give it
 * @param {'none' | 'preview'} about.strings
 * @returns {Promise<string>} HTML
 */
async function keptPage({ snapshots, names, summary, strings }) {
  const list = snapshots.map(({ nodeCount, edgeCount, totalSize }, at) => ({ id: at + 1, label: names[at], nodeCount, edgeCount, totalSize, file: '', size: 0 }));
  const desk = new Desk({ strings, maxOpen: list.length });
  snapshots.forEach((snapshot, at) => desk.lend(at + 1, snapshot));
  const core = new Core({ basePath: '', routes: ROUTES, parts: /** @type {any} */ ({ guard, store: storeOf(list), analyst: analystOf(desk), options: { strings } }) });
  /** @type {Record<string, any>} */
  const all = {};
  /** Asks a route, unless its answer is there; the window does not count. @param {string} target @param {string} [window] */
  const keep = async (target, window) => {
    if (all[target] !== undefined) return all[target];
    const { status, body } = await core.answer('GET', window === undefined ? target : `${target}${target.includes('?') ? '&' : '?'}${window}`, {});
    if (status === 200) all[target] = JSON.parse(/** @type {string} */ (body));
    return all[target];
  };

  const ids = list.map(({ id }) => id);
  if (summary) all[`/api/summary?snapshots=${ids}`] = summary;
  const last = `/api/snapshots/${ids.at(-1)}`;
  await keep('/api/health');
  await keep('/api/snapshots');
  await keep(`/api/summary?snapshots=${ids}`);
  await keep(`/api/listeners?snapshots=${ids}`);
  if (ids.length > 1) await keep(`/api/diff?before=${ids.at(-2)}&after=${ids.at(-1)}`, 'limit=1000');
  if (ids.length > 2) await keep(`/api/trend?snapshots=${ids}`);
  for (const id of ids) {
    await keep(`/api/snapshots/${id}/statistics`);
    await keep(`/api/snapshots/${id}/classes`, `limit=${CLASSES}`);
  }
  for (const { key } of all[`${last}/classes`].rows.slice(0, LARGEST_CLASSES)) {
    await keep(`${last}/instances?class=${encodeURIComponent(key)}`, `limit=${INSTANCES}`);
  }
  const dominators = await keep(`${last}/dominators`, `limit=${DOMINATORS}`);
  const largest = dominators.rows.slice(0, LARGEST).map((/** @type {any} */ { id }) => id);
  for (const id of [...new Set([...namedBy(all[`/api/summary?snapshots=${ids}`]), ...largest])].slice(0, MOST_NODES)) {
    await keep(`${last}/nodes/${id}`);
    await keep(`${last}/nodes/${id}/paths`);
    await keep(`${last}/nodes/${id}/dominated`, `limit=${DOMINATED}`);
    for (const kind of ['edges', 'retainers']) await keep(`${last}/nodes/${id}/${kind}`, `limit=${EDGES}`);
  }
  return pageWith(all);
}

/** The nodes that findings name, those first that matter most. @param {any} summary */
function namedBy({ findings }) {
  const owners = findings.flatMap((/** @type {any} */ { owner, accumulationPoint }) => [owner, accumulationPoint]);
  const held = findings.flatMap((/** @type {any} */ { holds = [] }) => holds.flatMap((/** @type {any} */ { node, path }) => [node, ...path.map((/** @type {any} */ step) => step.node)]));
  return [...owners, ...held].filter(Boolean).map(({ id }) => id);
}

/** @param {any[]} list */
const storeOf = (list) => ({
  list: () => list,
  get(/** @type {number} */ id) {
    const kept = list[id - 1];
    if (!kept) throw notFound(`snapshot ${id}`);
    return kept;
  },
});

/** @param {Desk} desk */
const analystOf = (desk) => ({
  ask: (/** @type {string} */ question, /** @type {any} */ args, /** @type {any} */ signal) => desk.answer(question, args, { signal: signal ?? new AbortController().signal }),
});

module.exports = { keptPage };
