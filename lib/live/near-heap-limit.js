// @ts-check
'use strict';

/**
 * V8's own snapshot just before JavaScript's heap is full. V8 writes it where Node.js tells it to (`--diagnostic-dir`, else the
 * working directory), and the process usually ends soon after; so what earlier processes left is gathered at the next start.
 */

const { chmodSync, copyFileSync, mkdirSync, renameSync, rmSync, statfsSync } = require('node:fs');
const path = require('node:path');
const v8 = require('node:v8');
const { LeakscanError } = require('../errors.js');
const { keptFiles, removeOldest } = require('../kept-files.js');
const { KINDS, checkOptions } = require('../options.js');
const { availableMemory } = require('./memory.js');
const { size } = require('./text.js');

const OPTIONS = { dir: KINDS.string, keep: KINDS.count, limit: KINDS.positive, force: KINDS.boolean };
const NAME = /^Heap\.\d{8}\.\d{6}\.(\d+)\.\d+\.\d+\.heapsnapshot$/;
/** What a snapshot of a full heap takes at least, as multiples of the heap: a service's, not the worst. */
const MEMORY_FACTOR = 5;
const FILE_FACTOR = 1.7;

/** V8 takes the number only once. */
let isArmed = false;

/** Where Node.js lets V8 write. */
function diagnosticDirectory() {
  const options = [...process.execArgv, ...(process.env.NODE_OPTIONS ?? '').split(/\s+/)];
  const at = options.findLastIndex((option) => /^--diagnostic-dir(=|$)/.test(option));
  if (at === -1) return process.cwd();
  const [, value = options[at + 1] ?? '.'] = /=(.*)$/.exec(options[at]) ?? [];
  return path.resolve(value);
}

/** @param {number} pid */
function isRunning(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return /** @type {any} */ (error).code === 'EPERM';
  }
}

/** Snapshots that V8 has written to a directory, without those that are being written. @param {string} directory */
function written(directory) {
  return keptFiles(directory, NAME).filter(({ name }) => !isRunning(Number(NAME.exec(name)?.[1])));
}

/** Moves a file, also to another disk. @param {string} from @param {string} to */
function move(from, to) {
  try {
    renameSync(from, to);
  } catch {
    copyFileSync(from, to);
    rmSync(from);
  }
  chmodSync(to, 0o600);
}

/**
 * Lets V8 write a snapshot when the heap is nearly full, and gathers what earlier processes wrote; see `index.d.ts`.
 * @param {object} [options]
 */
function onNearHeapLimit(options) {
  const { dir = '.', keep = 2, limit = 1, force = false } = checkOptions(options, OPTIONS);
  const target = path.resolve(dir);
  const directory = diagnosticDirectory();
  let left;
  try {
    mkdirSync(target, { recursive: true, mode: 0o700 });
    left = gather(directory, target, keep);
    if (!force) refuse(directory, limit);
  } catch (cause) {
    if (cause instanceof LeakscanError) throw cause;
    throw new LeakscanError('ERR_LEAKSCAN_IO', /** @type {Error} */ (cause).message, { cause });
  }
  if (!isArmed) v8.setHeapSnapshotNearHeapLimit(limit);
  isArmed = true;
  return { directory, left };
}

/** The newest first. @param {string} directory @param {string} target @param {number} keep */
function gather(directory, target, keep) {
  if (directory !== target) {
    for (const { file, name, size: bytes } of written(directory)) {
      if (bytes === 0) rmSync(file);
      else move(file, path.join(target, name));
    }
  }
  return removeOldest(written(target), { most: keep })
    .map(({ file }) => file)
    .reverse();
}

/** Refuses what would not fit: such a snapshot can take the machine down. @param {string} directory @param {number} limit */
function refuse(directory, limit) {
  const heap = v8.getHeapStatistics().heap_size_limit;
  const { available, limit: container } = availableMemory();
  const needed = heap * MEMORY_FACTOR;
  if (needed > available) {
    throw new LeakscanError(
      'ERR_LEAKSCAN_MEMORY',
      `a snapshot of a full heap of ${size(heap)} needs about ${size(needed)} of memory, ${size(available)} are available; lower --max-old-space-size, or pass { force: true }`,
      { memory: { heapUsed: heap, needed, available, limit: container, basis: 'model', expectedPauseMs: Math.round(heap / 1e6) * 60 } },
    );
  }
  const { bavail, bsize } = statfsSync(directory);
  const disk = heap * FILE_FACTOR * limit;
  if (disk > bavail * bsize) {
    throw new LeakscanError('ERR_LEAKSCAN_IO', `${directory}: ${size(disk)} are needed for snapshots of a full heap, ${size(bavail * bsize)} are free`);
  }
}

module.exports = { onNearHeapLimit };
