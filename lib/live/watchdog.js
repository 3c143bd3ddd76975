// @ts-check
'use strict';

/**
 * A worker that looks into this thread when it no longer answers: where it is stuck, what memory it has, who listens. It comes
 * in through the inspector, which V8 serves in the middle of a loop; nothing listens on a port.
 */

const EventEmitter = require('node:events');
const { mkdirSync } = require('node:fs');
const inspector = require('node:inspector');
const path = require('node:path');
const v8 = require('node:v8');
const { Worker, isMainThread } = require('node:worker_threads');
const { LeakscanArgumentError, LeakscanError } = require('../errors.js');
const { KINDS, checkOptions } = require('../options.js');
const { watched } = require('./expected-pause.js');
const memory = require('./memory.js');

const OPTIONS = { timeout: KINDS.positive, dir: KINDS.string, limit: KINDS.positive, snapshot: KINDS.boolean, force: KINDS.boolean };
const DEFAULT_TIMEOUT_MS = 5000;
/** Signs of life within the timeout. */
const BEATS = 5;
/** What the worker evaluates in this thread; it looks at nothing else. */
const EXAMINE = Symbol.for('leakscan.examine');

/** One is enough. @type {Watchdog | undefined} */
let running;

/** What this thread tells of itself in the middle of being stuck. */
function examine() {
  const { auditListeners } = require('../analyze.js');
  /** @type {Record<string, number>} */
  const resources = {};
  for (const name of process.getActiveResourcesInfo()) resources[name] = (resources[name] ?? 0) + 1;
  const memory = process.memoryUsage();
  let listeners;
  try {
    listeners = auditListeners({ limit: 20 });
  } catch {
    // The rest is told without it.
  }
  return JSON.stringify({ memory, resources, listeners });
}

/**
 * Lets V8 write a snapshot in the middle of being stuck.
 * @param {string} file
 * @param {boolean} force
 */
function snapshot(file, force) {
  if (!force && !memory.isEnough(memory.ownPlan())) return 'there is too little memory for a snapshot';
  try {
    v8.writeHeapSnapshot(file);
    return undefined;
  } catch (error) {
    return `there is no snapshot: ${/** @type {Error} */ (error).message}`;
  }
}

/** Watches that this thread answers; see `index.d.ts`. */
class Watchdog extends EventEmitter {
  /** Beats, whether somebody else may be debugging, and pauses of leakscan's own. */
  #shared = new Int32Array(new SharedArrayBuffer(12));
  #worker;
  #clock;
  #isClosed = false;

  /** @param {{ timeout?: number, dir?: string, limit?: number, snapshot?: boolean, force?: boolean }} options */
  constructor({ timeout = DEFAULT_TIMEOUT_MS, dir, limit = 5, snapshot: wantsSnapshot = false, force = false }) {
    super();
    if (wantsSnapshot && dir === undefined) throw new LeakscanArgumentError('expected option `dir`, where snapshots go, found none');
    const directory = dir === undefined ? undefined : path.resolve(dir);
    if (directory !== undefined) mkdirSync(directory, { recursive: true, mode: 0o700 });
    Object.defineProperty(globalThis, EXAMINE, { value: Object.assign(examine, { snapshot }), configurable: true });
    this.#worker = new Worker(path.join(__dirname, 'watchdog-worker.js'), {
      workerData: { shared: this.#shared, timeout, directory, limit, snapshot: wantsSnapshot, force },
      // Flags of this process are not for a worker that only waits.
      execArgv: [],
      stdout: false,
      stderr: false,
    });
    this.#worker.unref();
    watched.add(this.#shared);
    this.#worker.on('message', (report) => this.#isClosed || this.emit('stuck', report));
    this.#worker.on('error', (error) => this.#isClosed || this.emit('failed', error));
    const beat = () => {
      Atomics.add(this.#shared, 0, 1);
      Atomics.store(this.#shared, 1, inspector.url() === undefined ? 0 : 1);
    };
    beat();
    this.#clock = setInterval(beat, Math.max(1, timeout / BEATS)).unref();
  }

  get closed() {
    return this.#isClosed;
  }

  /** Ends the worker. */
  async close() {
    if (this.#isClosed) return;
    this.#isClosed = true;
    running = undefined;
    clearInterval(this.#clock);
    watched.delete(this.#shared);
    Reflect.deleteProperty(globalThis, EXAMINE);
    await this.#worker.terminate();
  }
}

/**
 * Starts a watchdog for this thread; see `index.d.ts`.
 * @param {object} [options]
 */
function watchdog(options) {
  const checked = checkOptions(options, OPTIONS);
  if (!isMainThread) throw new LeakscanError('ERR_LEAKSCAN_UNSUPPORTED', 'expected the main thread, found a worker: only the main thread can be looked into');
  if (running) throw new LeakscanError('ERR_LEAKSCAN_BUSY', 'a watchdog of this process is running already');
  running = new Watchdog(checked);
  return running;
}

module.exports = { Watchdog, watchdog };
