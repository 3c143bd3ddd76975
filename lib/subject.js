// @ts-check
'use strict';

const { LeakscanArgumentError } = require('./errors.js');
const { parse, parseAsync } = require('./load.js');
const { Snapshot } = require('./snapshot.js');

/**
 * What a question is about: snapshots, or whatever can be parsed into one. Snapshots that were parsed for the question
 * alone are disposed after it, unless its answer keeps them.
 */

/**
 * Opens the parts, hands them to `use`, and disposes those it opened; with `keep`, only when `use` fails.
 *
 * @template T
 * @param {unknown[]} parts
 * @param {(snapshots: Snapshot[]) => T} use
 * @param {{ keep?: boolean }} [options]
 * @returns {T}
 */
function withSnapshots(parts, use, { keep = false } = {}) {
  /** @type {Snapshot[]} */
  const snapshots = [];
  let failed = true;
  try {
    for (const part of parts) snapshots.push(part instanceof Snapshot ? part : parse(part));
    const result = use(snapshots);
    failed = false;
    return result;
  } finally {
    if (failed || !keep) disposeOpened(parts, snapshots);
  }
}

/**
 * The same off the event loop. The parts are opened one after the other: each uses all cores.
 *
 * @template T
 * @param {unknown[]} parts
 * @param {{ signal?: AbortSignal, onProgress?: (progress: object) => void }} job
 * @param {(snapshots: Snapshot[]) => Promise<T>} use
 * @param {{ keep?: boolean }} [options]
 * @returns {Promise<T>}
 */
async function withSnapshotsAsync(parts, job, use, { keep = false } = {}) {
  /** @type {Snapshot[]} */
  const snapshots = [];
  let failed = true;
  try {
    for (const part of parts) snapshots.push(part instanceof Snapshot ? part : /** @type {Snapshot} */ (await parseAsync(part, job)));
    const result = await use(snapshots);
    failed = false;
    return result;
  } finally {
    if (failed || !keep) disposeOpened(parts, snapshots);
  }
}

/** @param {unknown[]} parts @param {Snapshot[]} snapshots */
function disposeOpened(parts, snapshots) {
  snapshots.forEach((snapshot, at) => snapshot !== parts[at] && snapshot.dispose());
}

/**
 * The parts of a subject: one, or a list.
 * @param {unknown} subject
 * @param {number} most
 */
function partsOf(subject, most = Infinity) {
  const parts = Array.isArray(subject) ? subject : [subject];
  if (parts.length === 0 || parts.length > most) {
    const expected = most === Infinity ? 'at least one snapshot' : `one to ${most} snapshots`;
    throw new LeakscanArgumentError(`expected ${expected}, found a list of ${parts.length}`);
  }
  return parts;
}

module.exports = { partsOf, withSnapshots, withSnapshotsAsync };
