// @ts-check
'use strict';

const { randomBytes } = require('node:crypto');
const { fileURLToPath } = require('node:url');
const native = require('../native.js');
const { runJob } = require('./job.js');
const { withInput } = require('./load.js');
const { ASYNC_OPTIONS, KINDS, checkArgument, checkOptions } = require('./options.js');

const REDACT_OPTIONS = { salt: KINDS.string, ...ASYNC_OPTIONS };

/**
 * Copies a snapshot without the contents of its strings; see `index.d.ts`.
 * @param {unknown} source
 * @param {string | URL} target
 * @param {object} [options]
 * @returns {Promise<{ stringCount: number, hiddenCount: number }>}
 */
async function redact(source, target, options) {
  const { salt = randomBytes(16).toString('hex'), ...job } = checkOptions(options, REDACT_OPTIONS);
  const file = checkArgument('target', KINDS.path, target);
  const path = typeof file === 'string' ? file : fileURLToPath(file);
  return withInput(source, job, async (input, { subject, onCancel }) => {
    const start = (/** @type {any} */ cancellation, /** @type {any} */ listener) =>
      native.redactJob(input, path, salt, cancellation, listener);
    return JSON.parse(await runJob(job, start, { subject, onCancel }));
  });
}

module.exports = { redact };
