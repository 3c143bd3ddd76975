// @ts-check
'use strict';

const native = require('../native.js');
const { Diff, ListenerAudit, Summary, Trend, told } = require('./answer.js');
const { LeakscanArgumentError } = require('./errors.js');
const { ignoreRules } = require('./ignore.js');
const { isolated } = require('./isolate/answers.js');
const { runJob } = require('./job.js');
const { auditLive, auditLiveAsync } = require('./live/listeners.js');
const { ASYNC_OPTIONS, ISOLATE_OPTIONS, KINDS, ROUNDS, checkOptions, oneOf } = require('./options.js');
const { now, tell, tellAsync, write } = require('./questions.js');
const { readSeries, readSeriesAsync } = require('./series.js');
const { Snapshot } = require('./snapshot.js');
const { partsOf, withSnapshots, withSnapshotsAsync } = require('./subject.js');

/** What can be said of a series before it is read. */
const SERIES_OPTIONS = {
  rounds: ROUNDS,
  unit: KINDS.string,
  identity: oneOf('same-process', 'different-process'),
  strings: oneOf('none', 'preview'),
  sourceMaps: KINDS.sourceMaps,
};
/** What of an answer is wanted. */
const TOLD_OPTIONS = {
  limit: KINDS.count,
  ignore: { expected: 'a list of rules', test: Array.isArray },
};
const DIFF_OPTIONS = { devtoolsCompat: KINDS.boolean, ignore: TOLD_OPTIONS.ignore };
const SUMMARY_OPTIONS = { ...SERIES_OPTIONS, ...TOLD_OPTIONS };
const AUDIT_OPTIONS = { limit: KINDS.count, sourceMaps: KINDS.sourceMaps };
const LIVE_AUDIT_OPTIONS = { limit: KINDS.count, all: KINDS.boolean };

/** @param {Snapshot[]} snapshots */
const handlesOf = (snapshots) => snapshots.map(Snapshot.handleOf);

/** Splits the options of an asynchronous function into the question's and the job's. */
function splitOptions(/** @type {unknown} */ options, /** @type {Record<string, any>} */ known) {
  const { signal, onProgress, isolate, ...checked } = checkOptions(options, { ...known, ...ASYNC_OPTIONS, ...ISOLATE_OPTIONS });
  return { checked, isolate, job: { signal, onProgress } };
}

/** @param {unknown} before @param {unknown} after */
function pair(before, after) {
  if (after === undefined) throw new LeakscanArgumentError('expected two snapshots, `before` and `after`, found one');
  return [before, after];
}

/** @param {any} checked */
const diffOptions = ({ devtoolsCompat, ignore }) => write({ devtoolsCompat, ignore: ignoreRules(ignore) });

/** The snapshots of a subject that may be a diff. @param {unknown} subject @param {number} [most] */
const subjectParts = (subject, most) => Diff.snapshotsOf(subject) ?? partsOf(subject, most);

/** @param {any} handle @param {Snapshot[]} snapshots */
function diffOf(handle, snapshots) {
  return new Diff(told(handle), snapshots, (classKey, { limit, offset }) => Array.from(handle.added(classKey, offset, limit)));
}

/**
 * Compares two snapshots; see `index.d.ts`.
 * @param {unknown} before
 * @param {unknown} after
 * @param {object} [options]
 */
function diff(before, after, options) {
  const wanted = diffOptions(checkOptions(options, DIFF_OPTIONS));
  const compare = (/** @type {Snapshot[]} */ snapshots) => {
    const [older, newer] = handlesOf(snapshots);
    return diffOf(now(() => native.diff(older, newer, wanted)), snapshots);
  };
  return withSnapshots(pair(before, after), compare, { keep: true });
}

/**
 * @param {unknown} before
 * @param {unknown} after
 * @param {object} [options]
 */
async function diffAsync(before, after, options) {
  const { checked, isolate, job } = splitOptions(options, DIFF_OPTIONS);
  const parts = pair(before, after);
  const elsewhere = isolated(parts, isolate);
  if (elsewhere) return new Diff(await elsewhere.diff(checked, job), /** @type {any} */ (parts), (...args) => elsewhere.added(checked, args));
  const wanted = diffOptions(checked);
  const compare = async (/** @type {Snapshot[]} */ snapshots) => {
    const [older, newer] = handlesOf(snapshots);
    const handle = await runJob(job, (cancellation, listener) => native.diffJob(older, newer, wanted, cancellation, listener));
    return diffOf(handle, snapshots);
  };
  return withSnapshotsAsync(parts, job, compare, { keep: true });
}

/**
 * Splits checked options into what is known of the series, and what of the answer is wanted.
 * @param {any} checked
 * @param {number} count of snapshots
 */
function splitSeries({ limit, ignore, rounds, ...series }, count) {
  const list = [rounds].flat();
  if (Array.isArray(rounds) && list.length !== count - 1) {
    const expected = count === 2 ? '1 number' : `${count - 1} numbers`;
    throw new LeakscanArgumentError(`expected option \`rounds\` to have ${expected}, one between any two neighbours, found ${list.length}`);
  }
  // A pair has one window.
  const known = { ...series, rounds: count === 2 ? list[0] : rounds };
  return { known, wanted: { limit, ignore: ignoreRules(ignore) } };
}

/** The parts of a series. @param {unknown} subject */
function seriesParts(subject) {
  const parts = subjectParts(subject);
  if (parts.length < 2) {
    throw new LeakscanArgumentError(`expected a list of two snapshots or more, found ${Array.isArray(subject) ? `a list of ${parts.length}` : 'one'}`);
  }
  return parts;
}

/**
 * What grew over a series of snapshots, by merged path; see `index.d.ts`.
 * @param {unknown} subject
 * @param {object} [options]
 */
function trend(subject, options) {
  const parts = seriesParts(subject);
  const { known, wanted } = splitSeries(checkOptions(options, SUMMARY_OPTIONS), parts.length);
  const series = readSeries(parts, { ...known, trend: true });
  return new Trend(told(now(() => series.trend(write(wanted)))), series);
}

/**
 * @param {unknown} subject
 * @param {object} [options]
 */
async function trendAsync(subject, options) {
  const { checked, isolate, job } = splitOptions(options, SUMMARY_OPTIONS);
  const parts = seriesParts(subject);
  const { known, wanted } = splitSeries(checked, parts.length);
  const elsewhere = isolated(parts, isolate);
  if (elsewhere) return new Trend(await elsewhere.answer('trend', checked, job));
  const series = await readSeriesAsync(parts, { ...known, trend: true }, job);
  const answer = await runJob(job, (cancellation, listener) => series.trendJob(write(wanted), cancellation, listener));
  return new Trend(told(answer), series);
}

/** The summary of a series that has been read. @param {any} series @param {object} wanted */
const summaryOf = (series, wanted) => new Summary(told(now(() => series.summary(write(wanted)))));

/** The summary of a trend: all but what is told was settled when the trend was made. @param {any} series @param {any} checked */
function summaryOfTrend(series, checked) {
  const { ignore, ...wanted } = checkOptions(checked, TOLD_OPTIONS);
  return summaryOf(series, { ...wanted, ignore: ignoreRules(ignore) });
}

/**
 * The leak summary of one snapshot, of two, or of a series; see `index.d.ts`.
 * @param {unknown} subject
 * @param {object} [options]
 */
function summarize(subject, options) {
  const series = Trend.seriesOf(subject);
  if (series) return summaryOfTrend(series, options);
  const parts = subjectParts(subject);
  const { known, wanted } = splitSeries(checkOptions(options, SUMMARY_OPTIONS), parts.length);
  if (parts.length > 2) return summaryOf(readSeries(parts, { ...known, trend: false }), wanted);
  const question = { ask: 'summary', ...known, ...wanted };
  return withSnapshots(parts, (snapshots) => new Summary(told(tell(handlesOf(snapshots), question))));
}

/**
 * @param {unknown} subject
 * @param {object} [options]
 */
async function summarizeAsync(subject, options) {
  const { checked, isolate, job } = splitOptions(options, SUMMARY_OPTIONS);
  const series = Trend.seriesOf(subject);
  if (series) return summaryOfTrend(series, checked);
  const parts = subjectParts(subject);
  const { known, wanted } = splitSeries(checked, parts.length);
  const elsewhere = isolated(parts, isolate);
  if (elsewhere) return new Summary(await elsewhere.answer('summarize', checked, job));
  if (parts.length > 2) return summaryOf(await readSeriesAsync(parts, { ...known, trend: false }, job), wanted);
  const question = { ask: 'summary', ...known, ...wanted };
  return withSnapshotsAsync(
    parts,
    job,
    async (snapshots) => new Summary(told(await tellAsync(handlesOf(snapshots), question, job))),
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
  const { checked, isolate, job } = splitOptions(options, AUDIT_OPTIONS);
  const parts = subjectParts(subject);
  const elsewhere = isolated(parts, isolate);
  if (elsewhere) return new ListenerAudit(await elsewhere.answer('listeners', checked, job));
  return withSnapshotsAsync(
    parts,
    job,
    async (snapshots) => new ListenerAudit(told(await tellAsync(handlesOf(snapshots), { ask: 'listeners', ...checked }, job))),
  );
}

module.exports = {
  auditListeners,
  auditListenersAsync,
  diff,
  diffAsync,
  summarize,
  summarizeAsync,
  trend,
  trendAsync,
};
