// @ts-check
'use strict';

/**
 * Snapshots around a leak that a watcher sees, and their summary: one at the first sign, one some time later; few, not often,
 * and never more than so many bytes of disk. Snapshots wait on disk, for in memory they would weigh as much as the heap.
 */

const { mkdirSync } = require('node:fs');
const path = require('node:path');
const { keptFiles, removeOldest } = require('../kept-files.js');
const { ISOLATE_OPTIONS, KINDS } = require('../options.js');

const EVIDENCE_OPTIONS = {
  ...ISOLATE_OPTIONS,
  dir: KINDS.string,
  keep: KINDS.positive,
  maxBytes: KINDS.positive,
  limit: KINDS.positive,
  cooldown: KINDS.count,
  after: KINDS.count,
  force: KINDS.boolean,
};
const NAME = /^leakscan-\d+-\d+\.heapsnapshot$/;

class Evidence {
  #dir;
  #keep;
  #maxBytes;
  #left;
  #cooldown;
  #after;
  #force;
  #isolate;
  #isBusy = false;
  #notBefore = -Infinity;
  /** The older file of a pair, and when it was taken. @type {{ file: string, at: number } | undefined} */
  #baseline;

  /** @param {Record<string, any>} options @param {number} after milliseconds between two snapshots, unless said otherwise */
  constructor({ dir = '.', keep = 4, maxBytes = 4e9, limit = 6, cooldown = 3_600_000, after: wanted, force = false, isolate }, after) {
    this.#dir = path.resolve(dir);
    this.#keep = keep;
    this.#maxBytes = maxBytes;
    this.#left = limit;
    this.#cooldown = cooldown;
    this.#after = wanted ?? after;
    this.#force = force;
    this.#isolate = isolate;
    mkdirSync(this.#dir, { recursive: true, mode: 0o700 });
  }

  /**
   * Takes what is due. Returns a summary when there is one.
   * @param {boolean} isLeak
   */
  async gather(isLeak) {
    const now = performance.now();
    if (this.#isBusy || this.#left === 0 || now < this.#notBefore) return undefined;
    const baseline = this.#baseline;
    if (baseline && (!isLeak || now - baseline.at < this.#after)) return undefined;
    this.#isBusy = true;
    this.#left--;
    try {
      const file = await this.#take();
      if (!baseline) {
        this.#baseline = { file, at: performance.now() };
        return undefined;
      }
      this.#baseline = undefined;
      this.#notBefore = performance.now() + this.#cooldown;
      const { summarizeAsync } = require('../analyze.js');
      const files = [baseline.file, file];
      return { summary: await summarizeAsync(files, { isolate: this.#isolate }), files };
    } catch (error) {
      // What failed now would fail again at once.
      this.#notBefore = performance.now() + Math.max(this.#after, 1000);
      throw error;
    } finally {
      this.#isBusy = false;
    }
  }

  async #take() {
    const { capture } = require('./capture.js');
    const file = path.join(this.#dir, `leakscan-${process.pid}-${Date.now()}.heapsnapshot`);
    this.#makeRoom(this.#keep - 1);
    const snapshot = await capture({ saveTo: file, force: this.#force, isolate: this.#isolate });
    snapshot.dispose();
    this.#makeRoom(this.#keep, file);
    return file;
  }

  /** @param {number} most @param {string} [newest] */
  #makeRoom(most, newest) {
    const spare = [newest, this.#baseline?.file];
    removeOldest(keptFiles(this.#dir, NAME), { most, maxBytes: this.#maxBytes, spare });
  }
}

module.exports = { EVIDENCE_OPTIONS, Evidence };
