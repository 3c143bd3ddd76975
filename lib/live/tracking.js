// @ts-check
'use strict';

/**
 * V8's record of who allocates what, for captures whose findings tell it. V8 writes down a stack for every allocation: about 2 µs
 * each, and some memory for every new stack, until it is stopped.
 */

const { LeakscanArgumentError } = require('../errors.js');
const { attempt, demand } = require('./session.js');

let isOn = false;

/** Starts the record, if it is not on. @param {unknown} worker whose heap is wanted */
function track(worker) {
  if (worker !== undefined) throw new LeakscanArgumentError('expected `trackAllocations` without `worker`: allocations are recorded by the thread that captures');
  if (isOn) return;
  demand((post) => post('HeapProfiler.startTrackingHeapObjects', { trackAllocations: true }));
  isOn = true;
}

/**
 * Ends the record. V8's own way (`stopTrackingHeapObjects`) takes another snapshot of the whole heap; this one makes it number
 * objects anew.
 */
function stopTracking() {
  if (!isOn) return;
  isOn = false;
  attempt((post) => post('HeapProfiler.disable'));
}

module.exports = { stopTracking, track };
