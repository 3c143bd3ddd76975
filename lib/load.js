// @ts-check
'use strict';

const native = require('../native.js');
const { openElsewhere } = require('./isolate/snapshot.js');
const { runJob } = require('./job.js');
const { ASYNC_OPTIONS, ISOLATE_OPTIONS, KINDS, checkOptions } = require('./options.js');
const { now } = require('./questions.js');
const { Snapshot } = require('./snapshot.js');
const { normalize, pump } = require('./source.js');

const PARSE_OPTIONS = { threads: KINDS.positive, partial: KINDS.boolean };
const PARSE_ASYNC_OPTIONS = { ...PARSE_OPTIONS, ...ASYNC_OPTIONS, ...ISOLATE_OPTIONS };

/**
 * Parses a snapshot now, blocking the event loop; see `index.d.ts`.
 *
 * @param {unknown} source
 * @param {object} [options]
 */
function parse(source, options) {
  const { threads, partial } = checkOptions(options, PARSE_OPTIONS);
  const input = /** @type {{ path?: string, bytes?: Uint8Array }} */ (normalize(source, false));
  // Another thread could change shared memory while it is parsed.
  const bytes = input.bytes && isShared(input.bytes) ? Uint8Array.from(input.bytes) : input.bytes;
  return Snapshot.of(now(() => native.parse(input.path ?? bytes, threads, partial), input.path));
}

/** @param {Uint8Array} bytes */
function isShared(bytes) {
  return Object.prototype.toString.call(bytes.buffer) === '[object SharedArrayBuffer]';
}

/**
 * Parses a snapshot off the event loop, and with `isolate` in another process; see `index.d.ts`.
 *
 * @param {unknown} source
 * @param {object} [options]
 */
async function parseAsync(source, options) {
  const { threads, partial, isolate, ...job } = checkOptions(options, PARSE_ASYNC_OPTIONS);
  const input = normalize(source, true);
  // Else a source would be read for a parse that never starts.
  job.signal?.throwIfAborted();
  if (isolate !== undefined) return openElsewhere(input, { threads, partial }, job);
  if ('path' in input) {
    const handle = await runJob(
      job,
      (cancellation, listener) => native.parseJob(input.path, threads, cancellation, listener, partial),
      { subject: input.path },
    );
    return Snapshot.of(handle);
  }
  const feed = new native.Feed();
  const parsed = runJob(job, (cancellation, listener) => native.parseJob(feed, threads, cancellation, listener, partial), {
    onCancel: () => feed.abandon(),
  });
  return Snapshot.of(await pump([[input, feed]], parsed));
}

module.exports = { parse, parseAsync };
