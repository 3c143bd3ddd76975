// @ts-check
'use strict';

/**
 * V8's record of who allocates what, for captures whose findings tell it. V8 writes down a stack for every allocation (about 2 µs each,
 * and some memory for every new stack), and for the inspector it counts what is alive, up to twenty times a second: a major garbage
 * collection and a walk over the heap, 2 s for three million objects, by a timer that keeps the process running. None of this can be
 * turned off, so a guard ends a record that does harm.
 */

const { monitorEventLoopDelay } = require('node:perf_hooks');
const { LeakscanArgumentError } = require('../errors.js');
const { attempt, demand } = require('./session.js');

const LOOK_MS = 1000;
/** A record ends after so many looks in a row of one kind: when nothing but the record keeps the process running, */
const MOST_IDLE = 2;
/** or when the event loop was late by so much on average. */
const MOST_LATE = 5;
const LATE_MS = 200;
/** How often the event loop's lateness is measured. */
const RESOLUTION_MS = 20;
/** Nobody needs a longer one, and who forgot it should not pay for it. */
const LONGEST_MS = 10 * 60_000;

/** Looks after a record: every second, without keeping the process running. */
class Guard {
  #began = performance.now();
  #idle = 0;
  #late = 0;
  #delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  #clock = setInterval(() => this.#look(), LOOK_MS).unref();

  constructor() {
    this.#delay.enable();
  }

  #look() {
    // Without a measurement since the last look, it was late all the time.
    const lateMs = this.#delay.count === 0 ? LOOK_MS : this.#delay.mean / 1e6;
    this.#delay.reset();
    this.#late = lateMs > LATE_MS ? this.#late + 1 : 0;
    // Threads that work on a capture are no resources to Node.js.
    this.#idle = captures === 0 && !isHeldByOthers() ? this.#idle + 1 : 0;
    if (this.#idle >= MOST_IDLE) stopTracking();
    else if (this.#late >= MOST_LATE) this.#end(`the event loop was late by ${Math.round(lateMs)} ms on average`);
    else if (performance.now() - this.#began > LONGEST_MS) this.#end('it went on for ten minutes');
  }

  /** @param {string} why */
  #end(why) {
    stopTracking();
    process.emitWarning(`capture({ trackAllocations }): the record of allocations has been ended: ${why}`, 'LeakscanWarning');
  }

  close() {
    clearInterval(this.#clock);
    this.#delay.disable();
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
