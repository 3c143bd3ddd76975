// @ts-check
'use strict';

const { createReadStream, createWriteStream } = require('node:fs');
const { existsSync, mkdirSync, mkdtempSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const path = require('node:path');
const { pipeline } = require('node:stream/promises');
const { createGzip, constants } = require('node:zlib');
const { keptFiles, removeOldest } = require('../kept-files.js');

/** All that is kept takes at most so many bytes, by default. */
const MOST_BYTES = 256 * 1024 * 1024;
const NAME = /\.heapsnapshot\.gz$/;

/**
 * Where snapshots of failed assertions go, unless somebody says: where other tools keep such things, which neither git nor a
 * test runner's watcher looks at; else the system's directory.
 */
function defaultDirectory() {
  const asked = process.env.LEAKSCAN_EVIDENCE;
  if (asked) return path.resolve(asked);
  const modules = path.resolve('node_modules');
  return existsSync(modules) ? path.join(modules, '.cache', 'leakscan') : path.join(tmpdir(), 'leakscan-evidence');
}

/**
 * The snapshots of one assertion: on disk while it decides, and kept, compressed, if it fails. A snapshot holds every string
 * of the heap, so nobody else may read them.
 */
class TrialSnapshots {
  #directory;
  #mostBytes;
  #scratch = mkdtempSync(path.join(tmpdir(), 'leakscan-'));
  /** @type {string[]} */
  #files = [];

  /** @param {{ directory?: string, mostBytes?: number }} [options] */
  constructor({ directory = defaultDirectory(), mostBytes = MOST_BYTES } = {}) {
    this.#directory = directory;
    this.#mostBytes = mostBytes;
  }

  /** A path for the next snapshot. */
  next() {
    const file = path.join(this.#scratch, `${this.#files.length}.heapsnapshot`);
    this.#files.push(file);
    return file;
  }

  /**
   * Keeps the snapshots, as many of the last as fit; older evidence makes room. The paths of what was kept.
   * @param {string} name
   */
  async keep(name) {
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
    const stem = `${slug(name)}-${process.pid}-${Date.now().toString(36)}`;
    /** @type {string[]} */
    const kept = [];
    for (const [at, file] of this.#files.entries()) {
      if (!existsSync(file)) continue;
      const target = path.join(this.#directory, `${stem}-${at}.heapsnapshot.gz`);
      const gzip = createGzip({ level: constants.Z_BEST_SPEED });
      await pipeline(createReadStream(file), gzip, createWriteStream(target, { mode: 0o600 }));
      kept.push(target);
    }
    removeOldest(keptFiles(this.#directory, NAME), { maxBytes: this.#mostBytes });
    return kept.filter((file) => existsSync(file));
  }

  /** Removes what is not kept. */
  close() {
    rmSync(this.#scratch, { recursive: true, force: true });
  }
}

/** A name as part of a file's name. @param {string} name */
const slug = (name) => name.replace(/[^\w.-]+/g, '-').replace(/^-+|-+$/g, '').slice(0, 60) || 'work';

module.exports = { TrialSnapshots };
