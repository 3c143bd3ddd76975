// @ts-check
'use strict';

const { setImmediate } = require('node:timers/promises');
const { session } = require('../live/session.js');

/** Turns of the event loop that sockets, streams and finalizers need to settle. */
const TURNS = 10;

/**
 * Lets what the work has started for the next turns of the event loop happen, and collects what nobody holds any more.
 * Objects that a WeakRef has given out live until the end of the turn, and finalizers run in a turn of their own.
 */
async function quiet() {
  for (let turn = 0; turn < TURNS; turn++) await setImmediate();
  session()?.post('HeapProfiler.collectGarbage');
  await setImmediate();
  session()?.post('HeapProfiler.collectGarbage');
}

module.exports = { quiet };
