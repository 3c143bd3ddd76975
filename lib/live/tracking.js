// @ts-check
'use strict';

/**
 * V8's record of who allocates what, for captures whose findings tell it. V8 writes down a stack for every allocation (about 2 µs each,
 * and some memory for every new stack), and for the inspector it counts what is alive: a major garbage collection twenty times a second,
 * and a timer that keeps the process running. Neither can be turned off, so a guard ends a record that does harm.
 */

const { PerformanceObserver, constants } = require('node:perf_hooks');
const { LeakscanArgumentError } = require('../errors.js');
const { attempt, demand } = require('./session.js');

const LOOK_MS = 1000;
/** A record ends after so many looks in a row of one kind: when nothing but the record keeps the process running, */
const MOST_IDLE = 2;
/** or when collections take nearly all of the time. */
const MOST_COSTLY = 5;
const COSTLY_SHARE = 0.75;
/** Nobody needs a longer one, and who forgot it should not pay for it. */
const LONGEST_MS = 10 * 60_000;

/** Looks after a record: every second, without keeping the process running. */
class Guard {
  #began = performance.now();
  #looked = this.#began;
  #collectingMs = 0;
  #idle = 0;
  #costly = 0;
  #collections = new PerformanceObserver((list) => {
    for (const { duration, detail } of /** @type {any[]} */ (list.getEntries())) {
      if (detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR) this.#collectingMs += duration;
    }
  });
  #clock = setInterval(() => this.#look(), LOOK_MS).unref();

  constructor() {
    this.#collections.observe({ entryTypes: ['gc'] });
  }

  #look() {
    const now = performance.now();
    const share = this.#collectingMs / (now - this.#looked);
    this.#looked = now;
    this.#collectingMs = 0;
    this.#costly = share > COSTLY_SHARE ? this.#costly + 1 : 0;
    // Threads that work on a capture are no resources to Node.js.
    this.#idle = captures === 0 && !isHeldByOthers() ? this.#idle + 1 : 0;
    if (this.#idle >= MOST_IDLE) stopTracking();
    else if (this.#costly >= MOST_COSTLY) this.#end(`V8's collections for it took ${Math.round(share * 100)} % of the time`);
    else if (now - this.#began > LONGEST_MS) this.#end('it went on for ten minutes');
  }

  /** @param {string} why */
  #end(why) {
    stopTracking();
    process.emitWarning(`capture({ trackAllocations }): the record of allocations has been ended: ${why}`, 'LeakscanWarning');
  }

  close() {
    clearInterval(this.#clock);
    this.#collections.disconnect();
  }
}

/** Whether anything keeps the process running; the streams of standard output count as resources, and do not. */
function isHeldByOthers() {
  const outputs = [process.stdout, process.stderr].filter((stream) => /** @type {any} */ (stream)._handle).length;
  const resources = process.getActiveResourcesInfo();
  const pipes = resources.filter((name) => name === 'PipeWrap' || name === 'TTYWrap').length;
  return resources.length - Math.min(pipes, outputs) > 0;
}

/** @type {Guard | undefined} */
let guard;
/** How many captures are under way. */
let captures = 0;

/** Starts the record, if it is not on. @param {unknown} worker whose heap is wanted */
function track(worker) {
  if (worker !== undefined) throw new LeakscanArgumentError('expected `trackAllocations` without `worker`: allocations are recorded by the thread that captures');
  if (guard) return;
  demand((post) => post('HeapProfiler.startTrackingHeapObjects', { trackAllocations: true }));
  guard = new Guard();
}

/**
 * Ends the record. V8's own way (`stopTrackingHeapObjects`) takes another snapshot of the whole heap; this one makes it number
 * objects anew.
 */
function stopTracking() {
  if (!guard) return;
  guard.close();
  guard = undefined;
  attempt((post) => post('HeapProfiler.disable'));
}

/** A capture begins, and needs the record until the function that this gives is called. */
function needTracking() {
  captures++;
  return () => void captures--;
}

module.exports = { needTracking, stopTracking, track };
