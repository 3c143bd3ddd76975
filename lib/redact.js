// @ts-check
'use strict';

const { randomBytes } = require('node:crypto');
const { resolve } = require('node:path');
const { fileURLToPath } = require('node:url');
const native = require('../native.js');
const { LeakscanArgumentError } = require('./errors.js');
const { runJob } = require('./job.js');
const { ASYNC_OPTIONS, KINDS, checkArgument, checkOptions } = require('./options.js');
const { normalize, pump } = require('./source.js');

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
  const path = resolve(typeof file === 'string' ? file : fileURLToPath(file));
  if (/\.br$/i.test(path)) {
    throw new LeakscanArgumentError(`expected \`target\` to be plain or to end in .gz or .zst, the compressions that are written, found ${path}`);
  }
  const input = /** @type {any} */ (normalize(source, true));
  if (input.path !== undefined && resolve(input.path) === path) {
    throw new LeakscanArgumentError(`expected \`target\` to be another file than the source, found ${input.path}`);
  }
  // Else a source would be read for a job that never starts.
  job.signal?.throwIfAborted();
  const feed = input.path === undefined ? new native.Feed() : undefined;
  const redacted = runJob(
    job,
    (cancellation, listener) => native.redactJob(feed ?? input.path, path, salt, cancellation, listener),
    { subject: input.path, onCancel: () => feed?.abandon() },
  );
  return JSON.parse(await (feed ? pump([[input, feed]], redacted) : redacted));
}

module.exports = { redact };
