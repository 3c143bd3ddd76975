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
const { RecordGuard } = require('./record-guard.js');
const { attempt, demand } = require('./session.js');

/** How often the event loop's lateness is measured. */
const RESOLUTION_MS = 20;

/** Whether anything keeps the process running; the streams of standard output count as resources, and do not. */
function isHeldByOthers() {
  const outputs = [process.stdout, process.stderr].filter((stream) => /** @type {any} */ (stream)._handle).length;
  const resources = process.getActiveResourcesInfo();
  const pipes = resources.filter((name) => name === 'PipeWrap' || name === 'TTYWrap').length;
  return resources.length - Math.min(pipes, outputs) > 0;
}

/** What looks after the record while it is on. @type {{ close(): void } | undefined} */
let guard;
/** How many captures are under way. */
let captures = 0;

/** Starts the record, if it is not on. @param {unknown} worker whose heap is wanted */
function track(worker) {
  if (worker !== undefined) throw new LeakscanArgumentError('expected `trackAllocations` without `worker`: allocations are recorded by the thread that captures');
  if (guard) return;
  demand((post) => post('HeapProfiler.startTrackingHeapObjects', { trackAllocations: true }));
  guard = guarded();
}

/** Looks after the record without keeping the process running. */
function guarded() {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  const looks = new RecordGuard({
    now: () => performance.now(),
    every(look, ms) {
      const clock = setInterval(look, ms).unref();
      return () => clearInterval(clock);
    },
    // Threads that work on a capture are no resources to Node.js.
    isIdle: () => captures === 0 && !isHeldByOthers(),
    latenessMs() {
      const lateMs = delay.count === 0 ? undefined : delay.mean / 1e6;
      delay.reset();
      return lateMs;
    },
    end(why) {
      stopTracking();
      if (why !== undefined) process.emitWarning(`capture({ trackAllocations }): the record of allocations has been ended: ${why}`, 'LeakscanWarning');
    },
  });
  return {
    close() {
      looks.close();
      delay.disable();
    },
  };
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
