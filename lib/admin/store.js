// @ts-check
'use strict';

/**
 * Kept snapshots on disk: in a directory that only their owner can enter, by names from a counter, and no more of them than so many
 * files and bytes. What an earlier run of this service left there is taken over; what it did not finish is removed.
 */

const { chmodSync, existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, statfsSync } = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { LeakscanError } = require('../errors.js');
const { keptFiles, removeOldest } = require('../kept-files.js');
const { size } = require('../live/text.js');
const { Refusal, notFound } = require('./failure.js');

/** Host and process are in the names: containers number their processes alike, and may share a directory. */
const HOST = os.hostname().replace(/[^\w-]/g, '_').slice(0, 64) || 'host';
const OWN = `leakscan-${HOST}-${process.pid}-`;
const NAME = new RegExp(`^leakscan-${HOST}-(\\d+)-(\\d+)\\.heapsnapshot(\\.gz)?(\\.\\d+)?(\\.partial)?$`);
const DEFAULT_DIRECTORY = new RegExp(`^leakscan-admin-${HOST}-(\\d+)-`);
/** A file is about twice the heap at most. */
const RAW_SHARE = 2;
/** And so many times as long as a compressed one. */
const RATIO = 8;
/** What is left free on the disk in any case. */
const RESERVE = 64e6;

/** All of this process: one listener cleans up after them. @type {Set<Store>} */
const stores = new Set();
/** Names are never given twice. */
let lastNumber = 0;

/**
 * @typedef {object} Kept
 * @property {number} id
 * @property {string} file
 * @property {string} label
 * @property {string} takenAt
 * @property {number} fileSize
 * @property {number} size bytes of the file before it was compressed, about
 * @property {number} [nodeCount]
 * @property {number} [edgeCount]
 * @property {number} [totalSize]
 * @property {number} [pauseMs]
 */

class Store {
  #dir;
  #isOwn;
  #keep;
  #maxBytes;
  #nextId = 1;
  /** The oldest first. @type {Map<number, Kept>} */
  #kept = new Map();
  #onRemove;

  /** @param {{ dir?: string, keep: number, maxBytes: number, onRemove?: (id: number) => void }} options */
  constructor({ dir, keep, maxBytes, onRemove = () => {} }) {
    this.#keep = keep;
    this.#maxBytes = maxBytes;
    this.#onRemove = onRemove;
    this.#isOwn = dir === undefined;
    this.#dir = dir === undefined ? ownDirectory() : privateDirectory(dir);
    if (isUsed(this.#dir)) throw new LeakscanError('ERR_LEAKSCAN_BUSY', `another admin endpoint of this process uses ${this.#dir}`);
    if (stores.size === 0) process.on('exit', cleanAll);
    stores.add(this);
    this.#adopt();
  }

  /** Takes over what processes left that run no more. */
  #adopt() {
    for (const { file, name, size: fileSize, time } of keptFiles(this.#dir, NAME)) {
      const [, pid, number, compressed, , partial] = /** @type {RegExpExecArray} */ (NAME.exec(name));
      // The run before may have had the number of this process: its names are not given again.
      lastNumber = Math.max(lastNumber, Number(number));
      if (isRunning(Number(pid))) continue;
      // Killed while it compressed: there are two of one.
      const isDouble = !compressed && existsSync(`${file}.gz`);
      if (partial || isDouble || !lstatSync(file).isFile()) rmSync(file, { force: true });
      else this.add({ file, label: 'an earlier run', takenAt: new Date(time).toISOString(), size: compressed ? fileSize * RATIO : fileSize });
    }
  }

  get dir() {
    return this.#dir;
  }

  /** A name for the next snapshot; the one it has when compressed ends in `.gz`. */
  nextFile() {
    return path.join(this.#dir, `${OWN}${++lastNumber}.heapsnapshot`);
  }

  /**
   * Makes room for a snapshot: the oldest go first, and none if all of them would not be enough.
   * @param {number} heapUsed
   */
  makeRoom(heapUsed) {
    const needed = heapUsed * RAW_SHARE;
    const available = Math.max(0, this.free() + this.bytes() - RESERVE);
    if (available < needed) {
      throw new Refusal(507, 'ERR_LEAKSCAN_IO', `a snapshot of this heap needs about ${size(needed)} of disk, ${size(available)} are available`, {
        figures: { disk: { needed, available } },
      });
    }
    while (this.free() < needed + RESERVE && this.#kept.size > 0) this.#removeOldest();
  }

  /** Bytes that the disk and the quota have left. */
  free() {
    const { bavail, bsize } = statfsSync(this.#dir);
    return Math.min(bavail * bsize, this.#maxBytes + RESERVE - this.bytes());
  }

  bytes() {
    return [...this.#kept.values()].reduce((sum, { fileSize }) => sum + fileSize, 0);
  }

  /**
   * @param {Omit<Kept, 'id' | 'fileSize'>} snapshot
   * @returns {Kept}
   */
  add(snapshot) {
    const kept = { id: this.#nextId++, ...snapshot, fileSize: statSync(snapshot.file).size };
    this.#kept.set(kept.id, kept);
    this.#fit();
    return kept;
  }

  /** The file has become another, which holds the same. @param {number} id @param {string} file */
  replace(id, file) {
    const kept = this.#kept.get(id);
    // It was removed meanwhile.
    if (!kept) return rmSync(file, { force: true });
    rmSync(kept.file, { force: true });
    this.#kept.set(id, { ...kept, file, fileSize: statSync(file).size });
  }

  /** Removes the oldest until the rest fits. The newest stays, or a capture would be for nothing. */
  #fit() {
    const files = this.list().map(({ file, fileSize, id }) => ({ file, name: file, size: fileSize, time: id }));
    const stay = new Set(removeOldest(files, { most: this.#keep, maxBytes: this.#maxBytes, spare: [files.at(-1)?.file] }).map(({ file }) => file));
    for (const { id, file } of this.list()) if (!stay.has(file)) this.#forget(id);
  }

  #removeOldest() {
    const [id] = this.#kept.keys();
    this.remove(id);
  }

  /** @param {number} id @returns {Kept} */
  get(id) {
    const kept = this.#kept.get(id);
    if (!kept) throw notFound(`snapshot ${id}`);
    return kept;
  }

  list() {
    return [...this.#kept.values()];
  }

  /** @param {number} id */
  remove(id) {
    rmSync(this.get(id).file, { force: true });
    this.#forget(id);
  }

  /** @param {number} id */
  #forget(id) {
    this.#kept.delete(id);
    this.#onRemove(id);
  }

  /** A directory of our own goes with the process; one that was given keeps its snapshots for the next run. */
  clean() {
    try {
      if (this.#isOwn) return rmSync(this.#dir, { recursive: true, force: true });
      for (const name of readdirSync(this.#dir)) {
        if (name.startsWith(OWN) && name.endsWith('.partial')) rmSync(path.join(this.#dir, name), { force: true });
      }
    } catch {
      // The next run tries again.
    }
  }

  close() {
    stores.delete(this);
    if (stores.size === 0) process.off('exit', cleanAll);
    this.clean();
  }
}

function cleanAll() {
  for (const store of stores) store.clean();
}

/** @param {string} dir */
const isUsed = (dir) => [...stores].some((store) => store.dir === dir);

/** @param {number} pid of another process of this host */
function isRunning(pid) {
  // In a container the next run has the number of the one before.
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return /** @type {any} */ (error).code === 'EPERM';
  }
}

/** A new directory of our own; those of processes that were killed are removed. */
function ownDirectory() {
  const place = os.tmpdir();
  for (const name of readdirSync(place)) {
    const match = DEFAULT_DIRECTORY.exec(name);
    const dir = path.join(place, name);
    if (match && !isRunning(Number(match[1])) && !isUsed(dir) && isPrivate(dir)) rmSync(dir, { recursive: true, force: true });
  }
  return mkdtempSync(path.join(place, `leakscan-admin-${HOST}-${process.pid}-`));
}

/** @param {string} dir */
function isPrivate(dir) {
  const stat = lstatSync(dir, { throwIfNoEntry: false });
  if (!stat?.isDirectory()) return false;
  // Windows knows no owners by number and no modes.
  return process.platform === 'win32' || (stat.uid === process.getuid?.() && (stat.mode & 0o077) === 0);
}

/** @param {string} given */
function privateDirectory(given) {
  const dir = path.resolve(given);
  if (mkdirSync(dir, { recursive: true, mode: 0o700 }) !== undefined) chmodSync(dir, 0o700);
  if (!isPrivate(dir)) {
    throw new LeakscanError('ERR_LEAKSCAN_IO', `${dir}: expected a directory that only this user can enter (mode 0700): snapshots hold secrets`);
  }
  return dir;
}

module.exports = { Store };
