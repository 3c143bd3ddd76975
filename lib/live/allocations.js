// @ts-check
'use strict';

/**
 * Who allocates what stays alive: V8's sampling heap profiler through the in-process inspector, and the `.heapprofile` files
 * that it (and `node --heap-prof`, and DevTools) writes.
 */

const { setTimeout: wait } = require('node:timers/promises');
const { AllocationProfile } = require('../answer.js');
const { LeakscanError } = require('../errors.js');
const { KINDS, checkOptions } = require('../options.js');
const { readProfile } = require('./profile-file.js');
const { demand } = require('./session.js');
const { counted, placeOf, shortened, size, table, worded } = require('./text.js');

const SAMPLE_OPTIONS = { duration: KINDS.positive, interval: KINDS.positive, limit: KINDS.count, signal: KINDS.signal };
const READ_OPTIONS = { limit: KINDS.count };
const DEFAULT_DURATION_MS = 10_000;
/** Bytes between two samples: V8's own default adds nothing that can be measured, 32 KB adds half. */
const DEFAULT_INTERVAL = 512 * 1024;
const DEFAULT_LIMIT = 100;

/** V8 has one sampler for a thread. */
let isSampling = false;

/**
 * Samples allocations for a while; see `index.d.ts`.
 * @param {object} [options]
 */
async function sampleAllocations(options) {
  const { duration = DEFAULT_DURATION_MS, interval = DEFAULT_INTERVAL, limit, signal } = checkOptions(options, SAMPLE_OPTIONS);
  signal?.throwIfAborted();
  if (isSampling) throw new LeakscanError('ERR_LEAKSCAN_BUSY', 'allocations of this thread are being sampled already');
  isSampling = true;
  let profile;
  try {
    demand((post) => post('HeapProfiler.startSampling', { samplingInterval: interval }));
    try {
      await wait(duration, undefined, signal && { signal });
    } catch (error) {
      throw signal?.aborted ? signal.reason : error;
    } finally {
      ({ profile } = demand((post) => post('HeapProfiler.stopSampling')));
    }
  } finally {
    isSampling = false;
  }
  return profileOf(profile, limit);
}

/**
 * Reads a `.heapprofile`; see `index.d.ts`.
 * @param {string | URL | Uint8Array} source
 * @param {object} [options]
 */
async function readAllocations(source, options) {
  const { limit } = checkOptions(options, READ_OPTIONS);
  return profileOf(await readProfile(source), limit);
}

/**
 * @typedef {object} Frame
 * @property {string} functionName
 * @property {{ url: string, line: number, column: number, functionName: string }} [location] absent for V8 itself and the root
 * @property {number} selfSize
 * @property {number} totalSize
 * @property {Frame[]} children
 */

/** @param {any} profile @param {number} [limit] */
function profileOf(profile, limit = DEFAULT_LIMIT) {
  const { root, frames } = treeOf(profile.head);
  /** @type {Map<string, any>} */
  const rows = new Map();
  for (const { frame, isOutermost } of frames) {
    const key = keyOf(frame);
    const row = rows.get(key) ?? { functionName: frame.functionName, ...(frame.location && { location: frame.location }), selfSize: 0, totalSize: 0 };
    rows.set(key, row);
    row.selfSize += frame.selfSize;
    // A function that calls itself has its bytes once.
    if (isOutermost) row.totalSize += frame.totalSize;
  }
  const sites = [...rows.values()].filter(({ totalSize }) => totalSize > 0).sort((a, b) => b.selfSize - a.selfSize || b.totalSize - a.totalSize);
  const value = {
    schemaVersion: 1,
    totalSize: root.totalSize,
    sampleCount: Array.isArray(profile.samples) ? profile.samples.length : 0,
    siteCount: sites.length,
    sites: sites.slice(0, limit),
    tree: root,
  };
  return new AllocationProfile(worded(value, textOf));
}

/** @param {Frame} frame */
const keyOf = ({ functionName, location }) => (location ? `${location.url}:${location.line}:${location.column}` : functionName);

/**
 * The tree with total sizes, and all of it as a list, with whether each frame is the outermost of its function. A file's tree may
 * be of any depth, so there is no recursion.
 * @param {any} head
 */
function treeOf(head) {
  /** @type {{ frame: Frame, isOutermost: boolean, parent?: Frame }[]} */
  const frames = [];
  /** How often each function is on the way to where the walk is. @type {Map<string, number>} */
  const way = new Map();
  /** @type {({ node: any, parent?: Frame } | { left: string })[]} */
  const open = [{ node: head }];
  for (let next; (next = open.pop()); ) {
    if ('left' in next) {
      way.set(next.left, (way.get(next.left) ?? 1) - 1);
      continue;
    }
    const { node, parent } = next;
    const frame = frameOf(node);
    const key = keyOf(frame);
    parent?.children.push(frame);
    const times = way.get(key) ?? 0;
    frames.push({ frame, isOutermost: times === 0, ...(parent && { parent }) });
    way.set(key, times + 1);
    open.push({ left: key });
    for (const child of Array.isArray(node?.children) ? node.children : []) open.push({ node: child, parent: frame });
  }
  for (const { frame, parent } of frames.toReversed()) {
    if (parent) parent.totalSize += frame.totalSize;
    frame.children.sort((a, b) => b.totalSize - a.totalSize);
  }
  return { root: frames[0].frame, frames };
}

/** @param {any} node @returns {Frame} */
function frameOf(node) {
  const { functionName = '', url = '', lineNumber = -1, columnNumber = -1 } = node?.callFrame ?? {};
  const selfSize = Number.isFinite(node?.selfSize) ? node.selfSize : 0;
  const location = url === '' || lineNumber < 0 ? undefined : { url: pathOf(String(url)), line: lineNumber + 1, column: columnNumber + 1, functionName: String(functionName) };
  return { functionName: String(functionName), ...(location && { location }), selfSize, totalSize: selfSize, children: [] };
}

/** @param {string} url */
function pathOf(url) {
  try {
    return url.startsWith('file:') ? fileURLToPath(url) : url;
  } catch {
    return url;
  }
}

/** @param {any} profile */
function textOf({ totalSize, siteCount, sites }) {
  const rows = sites.slice(0, 30).map((/** @type {any} */ { selfSize, totalSize: total, location, functionName }) => [
    size(selfSize),
    `${totalSize === 0 ? 0 : Math.round((100 * selfSize) / totalSize)} %`,
    size(total),
    `${location ? placeOf(location) : ''} ${shortened(functionName || '(anonymous)', 40)}`.trim(),
  ]);
  let text = `${size(totalSize)} allocated and still alive, by functions of ${counted(siteCount, 'place')} (sampled).\n`;
  if (rows.length > 0) text += `\n${table(['>itself', '>share', '>with calls', 'function'], rows)}`;
  if (siteCount > rows.length) text += `… and ${counted(siteCount - rows.length, 'more place')}\n`;
  return text;
}

module.exports = { readAllocations, sampleAllocations };
