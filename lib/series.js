// @ts-check
'use strict';

const native = require('../native.js');
const { runJob } = require('./job.js');
const { now, write } = require('./questions.js');
const { Snapshot } = require('./snapshot.js');
const { withSnapshots, withSnapshotsAsync } = require('./subject.js');

/**
 * A series of snapshots: opened one after the other, each let go of when the next has been compared with it, so that two of
 * them are in memory at a time, and those that the caller has opened.
 */

/**
 * @param {unknown[]} parts
 * @param {object} plan what is known of the series; its fields are named in `src/binding/series.rs`
 * @returns {any} the native series
 */
function readSeries(parts, plan) {
  const series = now(() => new native.SeriesHandle(write({ ...plan, count: parts.length })));
  for (const part of parts) {
    withSnapshots([part], ([snapshot]) => now(() => series.add(Snapshot.handleOf(snapshot))));
  }
  return series;
}

/**
 * @param {unknown[]} parts
 * @param {object} plan
 * @param {{ signal?: AbortSignal, onProgress?: (progress: object) => void }} job
 */
async function readSeriesAsync(parts, plan, job) {
  const series = now(() => new native.SeriesHandle(write({ ...plan, count: parts.length })));
  for (const part of parts) {
    await withSnapshotsAsync([part], job, ([snapshot]) =>
      runJob(job, (cancellation, listener) => series.addJob(Snapshot.handleOf(snapshot), cancellation, listener)),
    );
  }
  return series;
}

module.exports = { readSeries, readSeriesAsync };
