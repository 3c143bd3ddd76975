// @ts-check
'use strict';

/**
 * What a capture will take, and whether it is there. V8 keeps the whole graph beside the heap until it is written, outside
 * of JavaScript's heap: a heap limit does not bound it, only the container or the machine does.
 */

const { readFileSync } = require('node:fs');
const os = require('node:os');
const v8 = require('node:v8');
const { LeakscanError } = require('../errors.js');

/**
 * Memory beyond the heap itself, as multiples of the heap in use. Measured on Node.js 20 to 26: 4 to 6 for services (code,
 * buffers' owners, long strings), 13 for a heap of many small objects, up to 37 for one of nothing but tiny strings in arrays.
 */
const V8_FACTOR = 13;
/** leakscan's own columns, while V8 still holds its graph: a file is about 1.5 times the heap. */
const OWN_FACTOR = 1.5;
/** Milliseconds that V8 stops the thread, per MB of heap. Measured: 24 to 140, and more before V8 12. */
const PAUSE_PER_MB = Number(process.versions.v8.split('.')[0]) >= 12 ? 60 : 100;
/** A measured factor is taken with some room. */
const MARGIN = 1.25;
/** What must be left over. */
const RESERVE = 0.05;

/** What captures of this thread have measured. @type {{ factor: number, pausePerMB: number } | undefined} */
let measured;

/**
 * @typedef {object} MemoryPlan
 * @property {number} heapUsed
 * @property {number} needed
 * @property {number} available
 * @property {number | null} limit the container's, if there is one
 * @property {'model' | 'measured'} basis
 * @property {number} expectedPauseMs
 */

/** Bytes that the kernel would give back before it ends a process of this container: cached files. */
function reclaimable(/** @type {(file: string) => string} */ read = (file) => readFileSync(file, 'latin1')) {
  let groups = '';
  try {
    groups = read('/proc/self/cgroup');
  } catch {
    return 0;
  }
  const own = (/** @type {RegExp} */ line) => line.exec(groups)?.[1] ?? '/';
  // In a container its own group is usually mounted as the root.
  const places = [
    [`/sys/fs/cgroup${own(/^0::(.*)$/m)}/memory.stat`, /^inactive_file (\d+)$/m],
    ['/sys/fs/cgroup/memory.stat', /^inactive_file (\d+)$/m],
    [`/sys/fs/cgroup/memory${own(/^\d+:(?:[\w,]+,)?memory(?:,[\w,]+)?:(.*)$/m)}/memory.stat`, /^total_inactive_file (\d+)$/m],
    ['/sys/fs/cgroup/memory/memory.stat', /^total_inactive_file (\d+)$/m],
  ];
  for (const [file, line] of /** @type {[string, RegExp][]} */ (places)) {
    try {
      const found = line.exec(read(file));
      if (found) return Number(found[1]);
    } catch {
      // Not this one.
    }
  }
  return 0;
}

/** Memory that this process may still take, and the container's limit, if it has one. */
function availableMemory() {
  const free = process.availableMemory?.() ?? os.freemem();
  const constrained = process.constrainedMemory?.() ?? 0;
  return availableOf({ total: os.totalmem(), constrained, free, rss: process.memoryUsage.rss() }, reclaimable);
}

/**
 * The same of any process.
 * @param {{ total: number, constrained: number, free: number, rss: number }} figures
 * @param {() => number} reclaimable
 */
function availableOf({ total, constrained, free, rss }, reclaimable) {
  const limit = constrained > 0 && constrained < total ? constrained : null;
  if (limit === null) return { available: free, limit };
  // What is in use of a container includes cached files.
  return { available: Math.max(0, Math.min(free + reclaimable(), limit - rss, total)), limit };
}

/** The heap in use of a worker, whose own statistics only Node.js 22 and later tell. */
async function heapUsedBy(/** @type {any} */ worker) {
  if (typeof worker.getHeapStatistics === 'function') {
    try {
      return (await worker.getHeapStatistics()).used_heap_size;
    } catch {
      // The capture itself will say what is wrong with the worker.
    }
  }
  return Math.max(0, process.memoryUsage.rss() - v8.getHeapStatistics().total_physical_size);
}

/** @param {any} [worker] */
async function plan(worker) {
  return worker === undefined ? ownPlan() : planOf(await heapUsedBy(worker), availableMemory());
}

/** That of this thread. */
function ownPlan() {
  return planOf(v8.getHeapStatistics().used_heap_size, availableMemory(), measured);
}

/**
 * @param {number} used
 * @param {{ available: number, limit: number | null }} memory
 * @param {typeof measured} [own] what was measured of the same heap
 * @returns {MemoryPlan}
 */
function planOf(used, { available, limit }, own) {
  return {
    heapUsed: used,
    needed: Math.round(used * ((own ? own.factor * MARGIN : V8_FACTOR) + OWN_FACTOR)),
    available: Math.round(available),
    limit,
    basis: own ? 'measured' : 'model',
    expectedPauseMs: Math.round((used / 1e6) * (own ? own.pausePerMB * MARGIN : PAUSE_PER_MB)),
  };
}

/** @param {MemoryPlan} plan */
const isEnough = ({ needed, available }) => needed <= available * (1 - RESERVE);

/**
 * Keeps what a capture took for the next one's plan.
 * @param {{ heapUsed: number, extraMemory: number, pauseMs: number }} seen
 */
function learn({ heapUsed, extraMemory, pauseMs }) {
  // Memory of an earlier capture that malloc still holds is not seen a second time: the greatest counts.
  const factor = Math.max(measured?.factor ?? 3, extraMemory / heapUsed);
  measured = { factor, pausePerMB: pauseMs / (heapUsed / 1e6) };
}

const megabytes = (/** @type {number} */ bytes) => `${Math.round(bytes / 1e6).toLocaleString('en')} MB`;

/** @param {MemoryPlan} plan @param {string} anyway how to take it all the same */
function tooLittle(plan, anyway) {
  const { heapUsed, needed, available, limit } = plan;
  const where = limit === null ? 'are available' : `of the container's ${megabytes(limit)} are available`;
  return new LeakscanError(
    'ERR_LEAKSCAN_MEMORY',
    `a snapshot of a heap of ${megabytes(heapUsed)} needs about ${megabytes(needed)} more memory, ${megabytes(available)} ${where}; ` +
      `${anyway} takes it all the same`,
    { memory: plan },
  );
}

module.exports = { availableMemory, availableOf, isEnough, learn, ownPlan, plan, planOf, reclaimable, tooLittle };
