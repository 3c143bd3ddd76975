// @ts-check
'use strict';

/**
 * A heap snapshot of this process, straight from V8 into the parser: no file, no string of it in JavaScript.
 *
 * V8 stops the thread twice: while it builds its graph (most of the time), and while it writes and frees it. Between both the
 * event loop turns once. While V8 writes, another thread parses what has been written; while it frees, the analysis begins.
 */

const { closeSync, openSync, renameSync, rmSync, writeSync } = require('node:fs');
const { setImmediate } = require('node:timers/promises');
const { fileURLToPath } = require('node:url');
const v8 = require('node:v8');
const native = require('../../native.js');
const { LeakscanArgumentError, LeakscanError } = require('../errors.js');
const { elsewhere } = require('../isolate/snapshot.js');
const { runJob } = require('../job.js');
const { ASYNC_OPTIONS, ISOLATE_OPTIONS, KINDS, checkOptions } = require('../options.js');
const { Snapshot } = require('../snapshot.js');
const { expectPause } = require('./expected-pause.js');
const memory = require('./memory.js');
const { buildLineTables } = require('./session.js');
const { needTracking, stopTracking, track } = require('./tracking.js');

const CAPTURE_OPTIONS = {
  ...ASYNC_OPTIONS,
  ...ISOLATE_OPTIONS,
  threads: KINDS.positive,
  force: KINDS.boolean,
  saveTo: KINDS.path,
  trackAllocations: KINDS.boolean,
  worker: {
    expected: 'a Worker',
    test: (/** @type {any} */ value) => typeof value?.getHeapSnapshot === 'function' && typeof value.threadId === 'number',
  },
};

/** @param {import('./memory.js').MemoryPlan} plan */
const tooLittle = (plan) => memory.tooLittle(plan, 'capture({ force: true })');

/**
 * Takes a snapshot of this process, or of one of its workers; see `index.d.ts`.
 * @param {object} [options]
 * @returns {Promise<Snapshot | import('../isolate/snapshot.js').IsolatedSnapshot>}
 */
async function capture(options) {
  const { force = false, trackAllocations, ...checked } = checkOptions(options, CAPTURE_OPTIONS);
  checked.signal?.throwIfAborted();
  const lock = native.CaptureLock.acquire();
  if (!lock.held) {
    throw new LeakscanError('ERR_LEAKSCAN_BUSY', 'another capture of this process is under way: wait for it, or use its snapshot');
  }
  const done = needTracking();
  try {
    const plan = await memory.plan(checked.worker);
    if (!force && !memory.isEnough(plan)) throw tooLittle(plan);
    if (trackAllocations === true) track(checked.worker);
    const snapshot = await take(plan, checked);
    if (trackAllocations === false) stopTracking();
    return snapshot;
  } finally {
    done();
    lock.release();
  }
}

/** What parses in this process. */
const here = {
  /** @param {{ threads?: number }} options @param {{ signal?: AbortSignal, onProgress?: (progress: object) => void }} job */
  open({ threads }, job) {
    const feed = new native.Feed();
    const parsed = runJob(job, (cancellation, listener) => native.parseJob(feed, threads, cancellation, listener), {
      onCancel: () => feed.abandon(),
    });
    return { feed, opened: parsed.then((handle) => (/** @type {object} */ report) => Snapshot.of(handle, report)) };
  },
  /** Other bytes may go there again. */
  unlock() {},
  /** It is not needed. */
  release() {},
};

/**
 * @param {import('./memory.js').MemoryPlan} plan
 * @param {{ signal?: AbortSignal, onProgress?: (progress: object) => void, threads?: number, saveTo?: string | URL, worker?: any, isolate?: 'process' }} options
 */
async function take(plan, { signal, onProgress, threads, saveTo, worker, isolate }) {
  const began = performance.now();
  const parser = isolate === undefined ? here : await elsewhere(signal);
  let copy;
  let snapshot;
  const pauseEnded = expectPause();
  const letGo = worker === undefined ? undefined : hold(worker);
  try {
    copy = saveTo === undefined ? undefined : new Copy(saveTo);
    onProgress?.({ phase: 'capturing', done: 0, total: 1 });
    const rss = process.memoryUsage.rss();
    const { stream, buildMs } = await build(worker);
    const built = process.memoryUsage.rss();
    onProgress?.({ phase: 'capturing', done: 1, total: 1 });
    // What waits gets its turn, and a signal is heard, before the thread stops again.
    await setImmediate();
    if (signal?.aborted) {
      await dismiss(stream, worker);
      throw signal.reason;
    }
    const { feed, opened } = parser.open({ threads }, { signal, onProgress });
    // It is awaited below; until then a failure is not unhandled.
    opened.catch(() => {});
    const { bytes, writeMs, leakscanMs, failure } = await drain(stream, feed, copy);
    parser.unlock();
    const extraMemory = Math.max(0, Math.max(built, process.memoryUsage.rss()) - rss);
    const finish = await opened.catch((error) => {
      throw failure ?? error;
    });
    if (worker === undefined) memory.learn({ heapUsed: plan.heapUsed, extraMemory, pauseMs: buildMs + writeMs });
    snapshot = finish({
      heapUsed: plan.heapUsed,
      bytes,
      buildMs,
      writeMs,
      pauseMs: worker === undefined ? buildMs + writeMs : writeMs,
      leakscanMs,
      totalMs: performance.now() - began,
      extraMemory,
      ...(copy && { savedTo: copy.path }),
    });
    try {
      // Who aborts when first told of progress may find all work done: the loop stood still meanwhile.
      signal?.throwIfAborted();
      copy?.keep();
    } catch (error) {
      snapshot.dispose();
      throw error;
    }
    return snapshot;
  } finally {
    parser.unlock();
    if (snapshot === undefined) parser.release();
    letGo?.();
    pauseEnded();
    copy?.discard();
  }
}

/** Lets V8 build its graph of the heap. @param {any} worker */
async function build(worker) {
  if (worker === undefined) buildLineTables();
  const began = performance.now();
  try {
    const stream = worker === undefined ? v8.getHeapSnapshot() : await ofWorker(worker);
    return { stream, buildMs: performance.now() - began };
  } catch (error) {
    if (/** @type {any} */ (error)?.code !== 'ERR_WORKER_NOT_RUNNING') throw error;
    throw new LeakscanArgumentError('expected option `worker` to be a running Worker, found one that has ended');
  }
}

/**
 * V8's graph of a worker's heap lies in the worker: Node.js 20 to 26 crash when it ends before all is written (nodejs/node#46210). So who
 * terminates it meanwhile has to wait; from ending by itself nothing can keep it.
 * @param {any} worker
 * @returns {() => void} what lets it go
 */
function hold(worker) {
  /** @type {() => void} */
  let letGo = () => {};
  const written = new Promise((resolve) => (letGo = () => resolve(undefined)));
  const property = Reflect.getOwnPropertyDescriptor(worker, 'terminate');
  const { terminate } = worker;
  worker.terminate = async () => {
    await written;
    return terminate.call(worker);
  };
  return () => {
    if (property) Reflect.defineProperty(worker, 'terminate', property);
    else delete worker.terminate;
    letGo();
  };
}

/** Nobody wants it any more. V8 frees its graph when all is written, which has to be before the worker ends. */
async function dismiss(/** @type {import('node:stream').Readable} */ stream, /** @type {any} */ worker) {
  if (worker !== undefined) await new Promise((resolve) => stream.once('end', resolve).resume());
  stream.destroy();
}

/** Node.js answers nothing when the worker ends meanwhile. @param {any} worker @returns {Promise<import('node:stream').Readable>} */
function ofWorker(worker) {
  return new Promise((resolve, reject) => {
    const end = () => reject(Object.assign(new Error('the worker has ended'), { code: 'ERR_WORKER_NOT_RUNNING' }));
    worker.once('exit', end);
    worker.getHeapSnapshot().then(resolve, reject).finally(() => worker.off('exit', end));
  });
}

/**
 * Hands V8's chunks to the parser as they are written.
 * @param {import('node:stream').Readable} stream
 * @param {any} feed
 * @param {Copy | undefined} copy
 * @returns {Promise<{ bytes: number, writeMs: number, leakscanMs: number, failure?: unknown }>}
 */
function drain(stream, feed, copy) {
  const began = performance.now();
  let bytes = 0;
  let leakscanMs = 0;
  /** @type {unknown} */
  let failure;
  const take = (/** @type {Uint8Array} */ chunk) => {
    const start = performance.now();
    bytes += chunk.length;
    try {
      if (failure === undefined) copy?.write(chunk);
    } catch (error) {
      failure = error;
      feed.abandon();
    }
    feed.writeNow(chunk);
    leakscanMs += performance.now() - start;
  };
  // V8 writes everything in one go, and the stream would keep all chunks until it is done: they are taken as they are pushed.
  const push = stream.push;
  stream.push = function (chunk, ...rest) {
    if (chunk !== null) {
      take(chunk);
      return true;
    }
    // V8 has yet to free its graph, a quarter of what writing took; the analysis need not wait for that.
    feed.end();
    return push.call(this, chunk, ...rest);
  };
  return new Promise((resolve) => {
    const done = () => {
      feed.end();
      resolve({ bytes, writeMs: performance.now() - began, leakscanMs, failure });
    };
    stream.on('data', take);
    stream.once('end', done);
    stream.once('error', (error) => {
      failure ??= error;
      feed.abandon();
      done();
    });
    stream.once('close', done);
  });
}

/** The file that the bytes are saved to: whole, or not at all. Only its owner can read it, for it holds what the heap holds. */
class Copy {
  #partial;
  /** @type {number | undefined} */
  #file;
  #onExit = () => this.discard();

  /** @param {string | URL} target */
  constructor(target) {
    this.path = typeof target === 'string' ? target : fileURLToPath(target);
    this.#partial = `${this.path}.${process.pid}.partial`;
    try {
      this.#file = openSync(this.#partial, 'wx', 0o600);
    } catch (error) {
      throw this.#explained(error);
    }
    // Also if the process ends meanwhile.
    process.on('exit', this.#onExit);
  }

  /** @param {unknown} error */
  #explained(error) {
    return new LeakscanError('ERR_LEAKSCAN_IO', `${this.path}: ${/** @type {Error} */ (error).message}`, { cause: error });
  }

  /** @param {Uint8Array} chunk */
  write(chunk) {
    try {
      for (let at = 0; at < chunk.length; ) at += writeSync(/** @type {number} */ (this.#file), chunk, at);
    } catch (error) {
      throw this.#explained(error);
    }
  }

  /** Gives the complete file its name. */
  keep() {
    try {
      this.#close();
      renameSync(this.#partial, this.path);
    } catch (error) {
      throw this.#explained(error);
    }
  }

  /** Removes what is not complete. */
  discard() {
    process.off('exit', this.#onExit);
    try {
      this.#close();
    } finally {
      rmSync(this.#partial, { force: true });
    }
  }

  #close() {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }
}

module.exports = { capture, tooLittle };
