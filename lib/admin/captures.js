// @ts-check
'use strict';

/** Captures that somebody asks for from outside: one at a time, not often, and only with the memory and the disk for it. */

const { setTimeout: wait } = require('node:timers/promises');
const { LeakscanError } = require('../errors.js');
const { capture, tooLittle } = require('../live/capture.js');
const memory = require('../live/memory.js');
const { Refusal, forbidden } = require('./failure.js');
const { Jobs } = require('./jobs.js');

/** Whoever asked gets the answer before the thread stands still. */
const START_MS = 25;

class Captures {
  jobs = new Jobs();
  /** @type {Record<'done' | 'failed' | 'cancelled', number>} */
  counts = { done: 0, failed: 0, cancelled: 0 };
  pauseMs = 0;
  #store;
  #analyst;
  #cooldown;
  #allowForce;
  #isolate;
  #isBusy = false;
  #notBefore = 0;

  /** @param {{ store: import('./store.js').Store, analyst: import('./analyst.js').Analyst, cooldown: number, allowForce: boolean, isolate?: 'process' }} options */
  constructor({ store, analyst, cooldown, allowForce, isolate }) {
    this.#store = store;
    this.#analyst = analyst;
    this.#cooldown = cooldown;
    this.#allowForce = allowForce;
    this.#isolate = isolate;
  }

  /** What a capture would take now. */
  async plan() {
    const plan = await memory.plan();
    const { needed, available, expectedPauseMs, heapUsed, basis } = plan;
    return { predictedPauseMs: expectedPauseMs, heapUsed, neededBytes: needed, availableBytes: available, basis, enough: memory.isEnough(plan) };
  }

  /** @param {{ force: boolean, label?: string }} wanted */
  async start({ force, label = '' }) {
    if (force && !this.#allowForce) throw forbidden('captures without the memory for them are not allowed here (`allowForce`)');
    if (this.#isBusy) throw new LeakscanError('ERR_LEAKSCAN_BUSY', 'another capture is under way: wait for it, or use its snapshot');
    const retryAfterMs = this.#notBefore - Date.now();
    if (retryAfterMs > 0) {
      const seconds = Math.ceil(retryAfterMs / 1000);
      throw new Refusal(429, 'ERR_LEAKSCAN_BUSY', `the last capture was a moment ago; the next may start in ${seconds} s`, {
        headers: { 'retry-after': String(seconds) },
        figures: { retryAfterMs },
      });
    }
    this.#isBusy = true;
    try {
      const plan = await memory.plan();
      if (!force && !memory.isEnough(plan)) throw tooLittle(plan);
      this.#store.makeRoom(plan.heapUsed);
    } catch (error) {
      this.#isBusy = false;
      throw error;
    }
    return this.jobs.start({ kind: 'capture', label }, (job) => this.#run(job, { force, label }));
  }

  /** @param {import('./jobs.js').Job} job @param {{ force: boolean, label: string }} wanted */
  async #run(job, { force, label }) {
    const file = this.#store.nextFile();
    try {
      await wait(START_MS, undefined, { signal: job.signal });
      const takenAt = new Date().toISOString();
      const snapshot = await capture({
        force,
        isolate: this.#isolate,
        saveTo: file,
        signal: job.signal,
        onProgress: (/** @type {import('../../index.js').Progress} */ { phase, ...progress }) => job.update(phase === 'capturing' ? 'capturing' : 'parsing', { phase, ...progress }),
      });
      const { nodeCount, edgeCount, totalSize } = snapshot;
      const report = /** @type {import('../../index.js').CaptureReport} */ (snapshot.capture);
      // Opened again when somebody asks: until then it need not weigh on the service.
      snapshot.dispose();
      const kept = this.#store.add({ file, label, takenAt, size: report.bytes, nodeCount, edgeCount, totalSize, pauseMs: report.pauseMs });
      this.pauseMs += report.pauseMs;
      this.counts.done++;
      void this.#compress(kept);
      const { savedTo, ...cost } = report;
      return { snapshot: kept.id, cost };
    } catch (error) {
      this.counts[job.signal.aborted ? 'cancelled' : 'failed']++;
      throw error;
    } finally {
      this.#isBusy = false;
      this.#notBefore = Date.now() + this.#cooldown;
    }
  }

  /** A compressed file takes a fifth to a tenth of the disk; until it is there, the first one serves. @param {import('./store.js').Kept} kept */
  async #compress({ id, file }) {
    try {
      await this.#analyst.ask('compress', { id, from: file, to: `${file}.gz` });
      this.#store.replace(id, `${file}.gz`);
    } catch {
      // It stays as it is.
    }
  }

  close() {
    this.jobs.close();
  }
}

module.exports = { Captures };
