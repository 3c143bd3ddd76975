// @ts-check
'use strict';

const native = require('../native.js');
const { Diff, ListenerAudit, Summary, told } = require('./answer.js');
const { LeakscanArgumentError } = require('./errors.js');
const { runJob } = require('./job.js');
const { auditLive, auditLiveAsync } = require('./live/listeners.js');
const { ASYNC_OPTIONS, KINDS, checkOptions, oneOf } = require('./options.js');
const { now, tell, tellAsync } = require('./questions.js');
const { Snapshot } = require('./snapshot.js');
const { partsOf, withSnapshots, withSnapshotsAsync } = require('./subject.js');

const DIFF_OPTIONS = { devtoolsCompat: KINDS.boolean };
const SUMMARY_OPTIONS = {
  rounds: KINDS.positive,
  unit: KINDS.string,
  limit: KINDS.count,
  strings: oneOf('none', 'preview'),
  sourceMaps: KINDS.sourceMaps,
};
const AUDIT_OPTIONS = { limit: KINDS.count, sourceMaps: KINDS.sourceMaps };
const LIVE_AUDIT_OPTIONS = { limit: KINDS.count, all: KINDS.boolean };

/** @param {Snapshot[]} snapshots */
const handlesOf = (snapshots) => snapshots.map(Snapshot.handleOf);

/** Splits the options of an asynchronous function into the question's and the job's. */
function splitOptions(/** @type {unknown} */ options, /** @type {Record<string, any>} */ known) {
  const { signal, onProgress, ...checked } = checkOptions(options, { ...known, ...ASYNC_OPTIONS });
  return { checked, job: { signal, onProgress } };
}

/** @param {unknown} before @param {unknown} after */
function pair(before, after) {
  if (after === undefined) throw new LeakscanArgumentError('expected two snapshots, `before` and `after`, found one');
  return [before, after];
}

/** The snapshots of a subject that may be a diff. @param {unknown} subject @param {number} [most] */
const subjectParts = (subject, most) => Diff.snapshotsOf(subject) ?? partsOf(subject, most);

/**
 * Compares two snapshots; see `index.d.ts`.
 * @param {unknown} before
 * @param {unknown} after
 * @param {object} [options]
 */
function diff(before, after, options) {
  const { devtoolsCompat } = checkOptions(options, DIFF_OPTIONS);
  const compare = (/** @type {Snapshot[]} */ snapshots) => {
    const [older, newer] = handlesOf(snapshots);
    return new Diff(now(() => native.diff(older, newer, devtoolsCompat)), snapshots);
  };
  return withSnapshots(pair(before, after), compare, { keep: true });
}

/**
 * @param {unknown} before
 * @param {unknown} after
 * @param {object} [options]
 */
async function diffAsync(before, after, options) {
  const { checked, job } = splitOptions(options, DIFF_OPTIONS);
  const compare = async (/** @type {Snapshot[]} */ snapshots) => {
    const [older, newer] = handlesOf(snapshots);
    const { devtoolsCompat } = checked;
    const handle = await runJob(job, (cancellation, listener) =>
      native.diffJob(older, newer, devtoolsCompat, cancellation, listener),
    );
    return new Diff(handle, snapshots);
  };
  return withSnapshotsAsync(pair(before, after), job, compare, { keep: true });
}

/**
 * The leak summary of one snapshot or of two; see `index.d.ts`.
 * @param {unknown} subject
 * @param {object} [options]
 */
function summarize(subject, options) {
  const checked = checkOptions(options, SUMMARY_OPTIONS);
  return withSnapshots(
    subjectParts(subject, 2),
    (snapshots) => new Summary(told(tell(handlesOf(snapshots), { ask: 'summary', ...checked }))),
  );
}

/**
 * @param {unknown} subject
 * @param {object} [options]
 */
async function summarizeAsync(subject, options) {
  const { checked, job } = splitOptions(options, SUMMARY_OPTIONS);
  return withSnapshotsAsync(
    subjectParts(subject, 2),
    job,
    async (snapshots) => new Summary(told(await tellAsync(handlesOf(snapshots), { ask: 'summary', ...checked }, job))),
  );
}

/**
 * The options of a question about this process: there is no subject, or the options stand in its place.
 * @param {any} subject
 * @param {unknown} options
 * @returns {{ live: unknown } | undefined}
 */
function liveOptions(subject, options) {
  if (subject === undefined) return { live: options };
  const prototype = typeof subject === 'object' && subject !== null ? Object.getPrototypeOf(subject) : undefined;
  // Also the plain objects of another realm.
  const isPlain = prototype === null || (prototype !== undefined && Object.getPrototypeOf(prototype) === null);
  return isPlain && options === undefined && !('href' in subject) && !(Symbol.asyncIterator in subject) ? { live: subject } : undefined;
}

/**
 * Every emitter of a snapshot, with its listeners by event and site; of several snapshots, with their growth too; without a
 * subject, those of this process; see `index.d.ts`.
 * @param {unknown} subject
 * @param {object} [options]
 */
function auditListeners(subject, options) {
  const own = liveOptions(subject, options);
  if (own) return auditLive(checkOptions(own.live, LIVE_AUDIT_OPTIONS));
  const checked = checkOptions(options, AUDIT_OPTIONS);
  return withSnapshots(
    subjectParts(subject),
    (snapshots) => new ListenerAudit(told(tell(handlesOf(snapshots), { ask: 'listeners', ...checked }))),
  );
}

/**
 * @param {unknown} subject
 * @param {object} [options]
 */
async function auditListenersAsync(subject, options) {
  const own = liveOptions(subject, options);
  if (own) return auditLiveAsync(checkOptions(own.live, { ...LIVE_AUDIT_OPTIONS, ...ASYNC_OPTIONS }));
  const { checked, job } = splitOptions(options, AUDIT_OPTIONS);
  return withSnapshotsAsync(
    subjectParts(subject),
    job,
    async (snapshots) => new ListenerAudit(told(await tellAsync(handlesOf(snapshots), { ask: 'listeners', ...checked }, job))),
  );
}

module.exports = { auditListeners, auditListenersAsync, diff, diffAsync, summarize, summarizeAsync };
