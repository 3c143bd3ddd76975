// @ts-check
'use strict';

const { resolve } = require('node:path');
const { fileURLToPath } = require('node:url');
const native = require('../native.js');
const { LeakscanArgumentError } = require('./errors.js');
const { runJob } = require('./job.js');
const { ASYNC_OPTIONS, KINDS, checkArgument, checkOptions, oneOf, shown } = require('./options.js');
const { Snapshot } = require('./snapshot.js');
const { withSnapshotsAsync } = require('./subject.js');

const TABLES = ['nodes', 'edges', 'classes', 'findings'];
const EXPORT_OPTIONS = {
  format: oneOf('parquet', 'csv', 'ndjson'),
  labels: { expected: 'an object of strings', test: (/** @type {any} */ value) => typeof value === 'object' && value !== null && Object.values(value).every(KINDS.string.test) },
  tables: { expected: `a list of ${TABLES.join(', ')}`, test: (/** @type {any} */ value) => Array.isArray(value) && value.every((name) => TABLES.includes(name)) },
  ...ASYNC_OPTIONS,
};

/**
 * Writes a snapshot as tables; see `index.d.ts`.
 * @param {unknown} source
 * @param {string | URL} directory
 * @param {object} [options]
 * @returns {Promise<{ table: string, file: string, rowCount: number }[]>}
 */
async function exportTables(source, directory, options) {
  const { format = 'parquet', labels = {}, tables = [], ...job } = checkOptions(options, EXPORT_OPTIONS);
  const name = Object.keys(labels).find((label) => !/^[a-z_][a-z0-9_]*$/i.test(label));
  if (name !== undefined) throw new LeakscanArgumentError(`expected labels to be names of columns, found ${shown(name)}`);
  const given = checkArgument('directory', KINDS.path, directory);
  const path = resolve(typeof given === 'string' ? given : fileURLToPath(given));
  const wanted = JSON.stringify({ format, labels: Object.entries(labels), tables });
  return withSnapshotsAsync([source], job, async ([snapshot]) =>
    JSON.parse(await runJob(job, (cancellation) => native.exportJob(Snapshot.handleOf(snapshot), path, wanted, cancellation), { subject: path })),
  );
}

module.exports = { exportTables };
