// @ts-check
'use strict';

/** Pauses that leakscan itself makes: a watchdog does not take them for being stuck. */

/** Counters of pauses under way that watchdogs read. @type {Set<Int32Array>} */
const watched = new Set();
/** Where the count stands in such an array. */
const AT = 2;

/** The thread will stand still. Returns what ends that. */
function expectPause() {
  const told = [...watched];
  for (const counters of told) Atomics.add(counters, AT, 1);
  return () => {
    for (const counters of told.splice(0)) Atomics.sub(counters, AT, 1);
  };
}

module.exports = { AT, expectPause, watched };
