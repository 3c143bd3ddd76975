// @ts-check
'use strict';

/**
 * Every route: what it takes, and what answers it. Matching, checking and `docs/admin.openapi.json` come from here.
 *
 * @typedef {object} Route
 * @property {'GET' | 'POST' | 'DELETE'} method
 * @property {string} path below the base; `{name}` is an id
 * @property {string} does
 * @property {'nobody' | 'ticket' | 'token'} [asks] who may; the token if nothing is said
 * @property {boolean} [isLive] whether it is about the running process, which there is not when files are opened
 * @property {Record<string, import('./target.js').Parameter>} [query]
 * @property {number} [status]
 * @property {string} [type] of the body, if it is not JSON
 * @property {string} [schema] file of docs/schema, or what of it
 * @property {(parts: Required<import('./core.js').Parts>, call: Call) => Reply | Promise<Reply>} handle is called without the live parts only where it is not live
 *
 * @typedef {object} Call
 * @property {Record<string, number>} ids
 * @property {Record<string, any>} query
 * @property {Record<string, string | string[] | undefined>} headers
 * @property {AbortSignal | undefined} [signal]
 *
 * What is answered: one of these bodies.
 * @typedef {object} Reply
 * @property {object} [value] to be written as JSON
 * @property {string} [json] that is JSON already
 * @property {string | Buffer} [text]
 * @property {AsyncIterable<string | Uint8Array>} [stream]
 * @property {number} [status]
 * @property {Record<string, string>} [headers]
 */

const { createReadStream } = require('node:fs');
const zlib = require('node:zlib');
const { forbidden, wrong } = require('./failure.js');
const { readPage } = require('../page.js');
const { flag, integer, numbers, required, text, word } = require('./target.js');

const WINDOW = {
  limit: integer('Rows at most.', { most: 1000, fallback: 100 }),
  offset: integer('Rows to leave out at the start.', { most: 2 ** 32, fallback: 0 }),
};
const NODE_ORDER = word('Sizes: largest first; distance and id: smallest first. Default: retainedSize.', ['retainedSize', 'shallowSize', 'distance', 'id']);
const CLASS_ORDER = word('Sizes and counts: largest first. Default: retainedSize.', ['retainedSize', 'shallowSize', 'count', 'distance', 'name']);
const DELTA_ORDER = word('Largest first. Default: addedSize.', [
  'addedSize',
  'addedCount',
  'removedSize',
  'removedCount',
  'sizeDelta',
  'countDelta',
  'retainedDelta',
  'name',
]);
const CLASS = text('Key of a class row, or its name.', 1000);
const FILTER = text('Only classes whose name contains this, in any case.', 200);
const SERIES = {
  snapshots: required(numbers('Ids of kept snapshots, the oldest first.', { least: 1, most: 16 })),
  rounds: numbers('Rounds between the snapshots: one number for all, or one for each two neighbours.', { least: 1, most: 15 }),
  unit: text('What a round is called.', 40),
  limit: integer('Findings or rows at most.', { most: 100 }),
};
const PAIR = {
  before: required(integer('Id of the older snapshot.', { most: 2 ** 48 })),
  after: required(integer('Id of the newer snapshot.', { most: 2 ** 48 })),
};

/** Ids of a list are those of snapshots that are kept. @param {import('./core.js').Parts} parts @param {number[]} ids */
const keptOf = ({ store }, ids) => ids.map((id) => store.get(id)).map(({ id, file, size }) => ({ id, file, size }));

/** A question about one snapshot. @param {string} question */
const about = (question) =>
  /** @type {Route['handle']} */
  (async (parts, { ids, query, signal }) => {
    const [snapshot] = keptOf(parts, [ids.id]);
    return { json: await parts.analyst.ask(question, { snapshot, id: ids.node, query }, signal) };
  });

/** A question about a series. @param {string} question @param {number} least */
const aboutSeries = (question, least) =>
  /** @type {Route['handle']} */
  (async (parts, { query: { snapshots, ...query }, signal }) => {
    if (snapshots.length < least) throw wrong(`expected ${least} snapshots or more, found ${snapshots.length}`);
    const windows = snapshots.length - 1;
    if (query.rounds && query.rounds.length !== 1 && query.rounds.length !== windows) throw wrong(`expected query parameter \`rounds\` to have 1 or ${windows} numbers`);
    const json = await parts.analyst.ask(question, { series: keptOf(parts, snapshots), query }, signal);
    if (question === 'summary') parts.metrics?.summary(JSON.parse(json));
    return { json };
  });

/** A question about two snapshots. @param {string} question */
const aboutPair = (question) =>
  /** @type {Route['handle']} */
  (async (parts, { query: { before, after, ...query }, signal }) => {
    const [older, newer] = keptOf(parts, [before, after]);
    return { json: await parts.analyst.ask(question, { before: older, after: newer, query }, signal) };
  });

/** What the list of kept snapshots tells: not where the files are. @param {any} kept */
const shownSnapshot = ({ file, size, ...shown }) => shown;

/** A job that has been started. @param {import('./jobs.js').Job} job @param {string} place below the base */
const started = (job, place) => ({ status: 202, value: job, place: `${place}/${job.id}` });

/** The states of a job. @param {import('./jobs.js').Jobs} jobs @param {number} id */
function followed(jobs, id) {
  return { stream: jobs.follow(jobs.get(id)), headers: { 'content-type': 'text/event-stream; charset=utf-8', 'x-accel-buffering': 'no' } };
}

/** The file as V8 wrote it; compressed for the way, as it lies on disk, if the other side takes that. @type {Route['handle']} */
function download(parts, { ids, headers }) {
  if (!parts.options.allowDownload) throw forbidden('downloads are not allowed here (`allowDownload`): a snapshot holds every secret of the process');
  const { file, id } = parts.store.get(ids.id);
  const isCompressed = file.endsWith('.gz');
  const takesGzip = /(^|,)\s*gzip\s*(;\s*q=(?!0(\.0*)?\s*(,|$))[\d.]+)?\s*(,|$)/.test(String(headers['accept-encoding'] ?? ''));
  const stream = createReadStream(file);
  return {
    stream: isCompressed && !takesGzip ? stream.pipe(zlib.createGunzip()) : stream,
    headers: {
      'content-type': 'application/octet-stream',
      'content-disposition': `attachment; filename="${id}.heapsnapshot"`,
      ...(isCompressed && takesGzip && { 'content-encoding': 'gzip' }),
    },
  };
}

/** @type {Route[]} */
const ROUTES = [
  {
    method: 'GET',
    path: '/',
    does: 'The page. It holds no data: the token is entered there, or comes with a one-time link.',
    asks: 'nobody',
    type: 'text/html',
    handle() {
      const { bytes, policy } = readPage();
      return { text: bytes, headers: { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': policy } };
    },
  },
  {
    method: 'POST',
    path: '/api/session',
    does: 'A short-lived bearer token for a one-time ticket (`Authorization: Ticket …`).',
    asks: 'ticket',
    handle: ({ guard }, { headers }) => ({ value: guard.exchange(headers) }),
  },
  {
    method: 'GET',
    path: '/api/health',
    does: 'How the memory of the process does, and what a capture would take.',
    handle: async ({ live, captures, options }) => ({
      value: {
        ...(live ? live.health(await captures.plan()) : { schemaVersion: 1, live: false }),
        options: { strings: options.strings, allowDownload: options.allowDownload, allowForce: options.allowForce },
      },
    }),
  },
  {
    method: 'GET',
    path: '/metrics',
    does: 'Metrics, as Prometheus reads them.',
    isLive: true,
    type: 'text/plain',
    handle: async ({ metrics }) => ({ text: await metrics.text(), headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' } }),
  },
  {
    method: 'GET',
    path: '/api/audits/listeners',
    does: 'Every emitter of the process with its listeners.',
    isLive: true,
    query: { all: flag('Every emitter alive: V8 walks the heap for it.'), limit: integer('Emitters at most.', { most: 1000, fallback: 100 }) },
    handle: async ({ live }, { query }) => ({ value: await live.listeners(/** @type {any} */ (query)) }),
  },
  {
    method: 'GET',
    path: '/api/audits/timers',
    does: 'The timers of the process; V8 walks the heap for it.',
    isLive: true,
    query: { limit: integer('Places at most.', { most: 1000, fallback: 100 }) },
    handle: async ({ live }, { query }) => ({ value: await live.timers(/** @type {any} */ (query)) }),
  },
  {
    method: 'GET',
    path: '/api/audits/handles',
    does: 'What keeps the event loop of the process alive.',
    isLive: true,
    query: { limit: integer('Kinds at most.', { most: 1000, fallback: 100 }) },
    handle: async ({ live }, { query }) => ({ value: await live.handles(/** @type {any} */ (query)) }),
  },
  {
    method: 'POST',
    path: '/api/captures',
    does: 'Starts a capture: the thread stands still for as long as `health` predicts.',
    isLive: true,
    status: 202,
    query: { force: flag('Even if memory is short; needs `allowForce`.'), label: text('What the snapshot is called.', 80) },
    handle: async ({ captures }, { query }) => started(await captures.start(/** @type {any} */ (query)), '/api/captures'),
  },
  {
    method: 'GET',
    path: '/api/captures',
    does: 'The last captures, under way or ended.',
    isLive: true,
    handle: ({ captures }) => ({ value: { captures: captures.jobs.list() } }),
  },
  {
    method: 'GET',
    path: '/api/captures/{id}',
    does: 'A capture.',
    isLive: true,
    handle: ({ captures }, { ids }) => ({ value: captures.jobs.get(ids.id) }),
  },
  {
    method: 'GET',
    path: '/api/captures/{id}/events',
    does: 'Server-sent events of a capture: `progress`, then `done`, `failed` or `cancelled`, each with the capture as JSON.',
    isLive: true,
    type: 'text/event-stream',
    handle: ({ captures }, { ids }) => followed(captures.jobs, ids.id),
  },
  {
    method: 'DELETE',
    path: '/api/captures/{id}',
    does: 'Cancels a capture.',
    isLive: true,
    status: 202,
    handle({ captures }, { ids }) {
      const job = captures.jobs.get(ids.id);
      job.cancel();
      return { status: 202, value: job };
    },
  },
  {
    method: 'POST',
    path: '/api/allocations',
    does: 'Starts to sample who allocates what stays alive.',
    isLive: true,
    status: 202,
    query: {
      seconds: integer('For how long.', { least: 1, most: 300, fallback: 10 }),
      limit: integer('Sites at most.', { most: 1000, fallback: 100 }),
    },
    handle: ({ allocations }, { query }) => started(allocations.start(/** @type {any} */ (query)), '/api/allocations'),
  },
  {
    method: 'GET',
    path: '/api/allocations/{id}',
    does: 'A sampling, with its profile when it is done.',
    isLive: true,
    handle: ({ allocations }, { ids }) => ({ value: allocations.jobs.get(ids.id) }),
  },
  {
    method: 'DELETE',
    path: '/api/allocations/{id}',
    does: 'Cancels a sampling.',
    isLive: true,
    status: 202,
    handle({ allocations }, { ids }) {
      const job = allocations.jobs.get(ids.id);
      job.cancel();
      return { status: 202, value: job };
    },
  },
  {
    method: 'GET',
    path: '/api/snapshots',
    does: 'The snapshots that are kept, the oldest first.',
    handle: ({ store }) => ({ value: { snapshots: store.list().map(shownSnapshot) } }),
  },
  {
    method: 'DELETE',
    path: '/api/snapshots/{id}',
    does: 'Removes a snapshot.',
    isLive: true,
    handle({ store }, { ids }) {
      const kept = store.get(ids.id);
      store.remove(ids.id);
      return { value: shownSnapshot(kept) };
    },
  },
  {
    method: 'GET',
    path: '/api/snapshots/{id}/file',
    does: 'The file as V8 wrote it; only with `allowDownload`.',
    isLive: true,
    type: 'application/octet-stream',
    handle: download,
  },
  {
    method: 'GET',
    path: '/api/snapshots/{id}/summary',
    does: 'What is suspicious in one snapshot.',
    query: { limit: integer('Findings at most.', { most: 100 }) },
    schema: 'summary',
    async handle(parts, { ids, query, signal }) {
      return { json: await parts.analyst.ask('summary', { series: keptOf(parts, [ids.id]), query }, signal) };
    },
  },
  {
    method: 'GET',
    path: '/api/snapshots/{id}/statistics',
    does: 'The heap by kind of memory.',
    schema: 'statistics',
    handle: about('statistics'),
  },
  {
    method: 'GET',
    path: '/api/snapshots/{id}/classes',
    does: 'Class rows.',
    query: { ...WINDOW, sortBy: CLASS_ORDER, filter: FILTER },
    schema: 'classes',
    handle: about('classes'),
  },
  {
    method: 'GET',
    path: '/api/snapshots/{id}/instances',
    does: 'The objects of a class.',
    query: { class: required(CLASS), ...WINDOW, sortBy: NODE_ORDER },
    schema: 'nodes',
    handle: about('instances'),
  },
  {
    method: 'GET',
    path: '/api/snapshots/{id}/find',
    does: 'Objects for which all that is given holds. By a name that is not shown nothing is found.',
    query: {
      ...WINDOW,
      sortBy: NODE_ORDER,
      where: text('A search, such as `class:Session retained>1MB`; see query.md.', 400),
      name: text('The name, exactly.', 200),
      type: text("V8's node type, such as `closure`.", 40),
      class: CLASS,
      minRetainedSize: integer('Bytes.', { most: 2 ** 50 }),
      minShallowSize: integer('Bytes.', { most: 2 ** 50 }),
    },
    schema: 'nodes',
    handle: about('find'),
  },
  {
    method: 'GET',
    path: '/api/snapshots/{id}/strings',
    does: 'Texts that are held more than once; the texts themselves only with `strings: preview`.',
    query: WINDOW,
    schema: 'strings',
    handle: about('strings'),
  },
  {
    method: 'GET',
    path: '/api/snapshots/{id}/dominators',
    does: 'The nodes whose dominator is the root.',
    query: { ...WINDOW, sortBy: NODE_ORDER },
    schema: 'nodes',
    handle: about('dominated'),
  },
  { method: 'GET', path: '/api/snapshots/{id}/nodes/{node}', does: 'A node.', schema: 'node', handle: about('node') },
  {
    method: 'GET',
    path: '/api/snapshots/{id}/nodes/{node}/edges',
    does: 'The references that it holds.',
    query: WINDOW,
    schema: 'edges',
    handle: about('edges'),
  },
  {
    method: 'GET',
    path: '/api/snapshots/{id}/nodes/{node}/retainers',
    does: 'The references to it.',
    query: WINDOW,
    schema: 'edges',
    handle: about('retainers'),
  },
  {
    method: 'GET',
    path: '/api/snapshots/{id}/nodes/{node}/paths',
    does: 'Why it is alive: paths from the root.',
    query: { limit: integer('Paths at most.', { most: 50, fallback: 5 }) },
    schema: 'paths',
    handle: about('paths'),
  },
  {
    method: 'GET',
    path: '/api/snapshots/{id}/nodes/{node}/dominated',
    does: 'The nodes whose dominator it is.',
    query: { ...WINDOW, sortBy: NODE_ORDER },
    schema: 'nodes',
    handle: about('dominated'),
  },
  { method: 'GET', path: '/api/summary', does: 'What leaks, and why.', query: SERIES, schema: 'summary', handle: aboutSeries('summary', 1) },
  {
    method: 'GET',
    path: '/api/listeners',
    does: 'Every emitter of the last snapshot with its listeners, and the growth since the first.',
    query: { snapshots: SERIES.snapshots, limit: integer('Emitters at most.', { most: 1000, fallback: 100 }) },
    schema: 'listeners',
    handle: aboutSeries('listeners', 1),
  },
  { method: 'GET', path: '/api/trend', does: 'What grew from each snapshot to the next, by place.', query: SERIES, handle: aboutSeries('trend', 2) },
  {
    method: 'GET',
    path: '/api/diff',
    does: 'What came and went, by class.',
    query: { ...PAIR, ...WINDOW, sortBy: DELTA_ORDER, filter: FILTER },
    schema: 'diff',
    handle: aboutPair('diff'),
  },
  {
    method: 'GET',
    path: '/api/diff/added',
    does: "A class's new objects.",
    query: { ...PAIR, class: required(CLASS), ...WINDOW },
    schema: 'nodes',
    handle: aboutPair('added'),
  },
];

module.exports = { ROUTES };
