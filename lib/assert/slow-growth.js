// @ts-check
'use strict';

const { diffAsync } = require('../analyze.js');

/**
 * Growth by fewer than one object a round: what comes in every third round, say. Two windows of a few rounds each only hint
 * at it, so the answer is in how many rounds to look again.
 */

/** It is looked for if so many objects of a class came in every window, */
const LEAST = 2;
/** and the fastest pace was no more than so many times the slowest. */
const SPREAD = 1.6;
/** V8's own things, which come by chance, are not asked. */
const VM_CLASS = /^\(|^system \//;
/** Of more new objects of a class than this some are not asked who holds them. */
const MOST_ASKED = 200;

/**
 * In how many rounds something comes, if objects of a class came in every window at about the same pace, but not one in
 * every round; else 1.
 * @param {import('../snapshot.js').Snapshot[]} series
 * @param {number[]} windows rounds between neighbours
 */
async function strideOf(series, windows) {
  /** @type {Map<string, number[]>} */
  const paces = new Map();
  for (const [at, count] of windows.entries()) {
    const diff = await diffAsync(series[at], series[at + 1]);
    for (const { key, name, countDelta } of diff.classes) {
      const earlier = paces.get(key) ?? [];
      if (countDelta < LEAST || VM_CLASS.test(name) || earlier.length < at) continue;
      const ids = diff.added(key, { limit: MOST_ASKED });
      const grown = countDelta - ids.filter((/** @type {number} */ id) => !isHeldByProgram(series[at + 1], id)).length;
      if (grown >= LEAST && grown < count) paces.set(key, [...earlier, grown / count]);
    }
  }
  const slow = [...paces.values()].filter(
    (rates) => rates.length === windows.length && Math.max(...rates) <= SPREAD * Math.min(...rates),
  );
  return Math.max(1, ...slow.map((rates) => Math.ceil(1 / Math.min(...rates))));
}

/**
 * Neither V8's code, which keeps a model of each literal that it has seen a few times, nor the trial, which keeps what
 * belongs to its snapshots.
 * @param {import('../snapshot.js').Snapshot} snapshot
 * @param {number} id
 */
function isHeldByProgram(snapshot, id) {
  const [path = []] = snapshot.retainingPaths(id, { limit: 1 });
  return !path.some(({ edgeName, node }) => node.className === '(compiled code)' || edgeName === '#snapshots');
}

module.exports = { strideOf };
