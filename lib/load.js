// @ts-check
'use strict';

const { setImmediate } = require('node:timers/promises');
const { fileURLToPath } = require('node:url');
const native = require('../native.js');
const { LeakscanArgumentError } = require('./errors.js');
const { runJob } = require('./job.js');
const { ASYNC_OPTIONS, KINDS, checkOptions, shown } = require('./options.js');
const { now } = require('./questions.js');
const { Snapshot } = require('./snapshot.js');

const PARSE_OPTIONS = { threads: KINDS.positive, partial: KINDS.boolean };
const PARSE_ASYNC_OPTIONS = { ...PARSE_OPTIONS, ...ASYNC_OPTIONS };

/** How long chunks are written before the event loop turns. */
const LONGEST_TURN_MS = 3;

/** Bytes copied from JavaScript's memory at a time: well under a millisecond. */
const SLICE_SIZE = 1 << 20;

/**
 * A path, or bytes, or (when `async`) anything that yields bytes.
 *
 * @param {unknown} source
 * @param {boolean} async
 * @returns {{ path: string } | { bytes: Uint8Array } | { chunks: AsyncIterable<unknown> }}
 */
function normalize(source, async) {
  if (typeof source === 'string') return { path: source };
  const value = /** @type {any} */ (source);
  if (value !== null && typeof value === 'object') {
    // By shape, not by class: values of another realm (Jest, vm) are as good.
    if (ArrayBuffer.isView(value)) {
      if (Object.prototype.toString.call(value) === '[object Uint8Array]') return { bytes: /** @type {any} */ (value) };
    } else if (typeof value.href === 'string' && typeof value.protocol === 'string') {
      if (value.protocol !== 'file:') throw new LeakscanArgumentError(`expected a file: URL, found ${value.href}`);
      return { path: fileURLToPath(value.href) };
    } else if (async) {
      if (typeof value[Symbol.asyncIterator] === 'function') return { chunks: value };
      if (typeof value.getReader === 'function') return { chunks: readWebStream(value) };
    }
  }
  const also = async ? ', an AsyncIterable of Uint8Arrays or a readable stream' : '';
  throw new LeakscanArgumentError(`expected a path, a file: URL, a Uint8Array${also} or a Snapshot, found ${shown(source)}`);
}

/** Web streams are async iterable in Node, but not those of every polyfill. @param {ReadableStream} stream */
async function* readWebStream(stream) {
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    reader.releaseLock();
  }
}

/** @param {Uint8Array} bytes */
function* slices(bytes) {
  for (let at = 0; at < bytes.length; at += SLICE_SIZE) yield bytes.subarray(at, at + SLICE_SIZE);
}

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
 * Parses a snapshot off the event loop; see `index.d.ts`.
 *
 * @param {unknown} source
 * @param {object} [options]
 */
async function parseAsync(source, options) {
  const { threads, partial, ...job } = checkOptions(options, PARSE_ASYNC_OPTIONS);
  const input = normalize(source, true);
  if ('path' in input) {
    const handle = await runJob(
      job,
      (cancellation, listener) => native.parseJob(input.path, threads, cancellation, listener, partial),
      { subject: input.path },
    );
    return Snapshot.of(handle);
  }
  // Else a source would be read for a parse that never starts.
  job.signal?.throwIfAborted();
  const feed = new native.Feed();
  // Bytes are copied a slice at a time too: their owner may change or transfer them while another thread parses.
  const chunks = /** @type {any} */ ('bytes' in input ? slices(input.bytes) : input.chunks);
  const iterator = chunks[Symbol.asyncIterator]?.() ?? chunks[Symbol.iterator]();
  /** @type {{ error: unknown } | undefined} */
  let sourceFailure;
  const parsed = runJob(job, (cancellation, listener) => native.parseJob(feed, threads, cancellation, listener, partial), {
    onCancel: () => feed.abandon(),
  });
  write(iterator, feed).catch((error) => {
    sourceFailure = { error };
    feed.abandon();
  });
  try {
    return Snapshot.of(await parsed);
  } catch (error) {
    // Lets the source close what it holds open. It may be hanging, so nobody waits for it.
    Promise.resolve(iterator.return?.()).catch(() => {});
    // A source's own error is the cause; the parser only saw the chunks end.
    throw sourceFailure ? sourceFailure.error : error;
  }
}

/**
 * Writes chunks to a feed at the parser's pace, until they or the parser end. A source whose chunks are all there already
 * never lets the event loop turn by itself.
 *
 * @param {any} iterator
 * @param {any} feed
 */
async function write(iterator, feed) {
  let turned = performance.now();
  while (!feed.abandoned) {
    if (performance.now() - turned > LONGEST_TURN_MS) {
      await setImmediate();
      turned = performance.now();
    }
    const { done, value: chunk } = await iterator.next();
    if (done) return feed.end();
    if (Object.prototype.toString.call(chunk) !== '[object Uint8Array]') {
      throw new LeakscanArgumentError(`expected the source to yield Uint8Arrays, found ${shown(chunk)}`);
    }
    for (const slice of slices(chunk)) if (!feed.write(slice)) await feed.drained();
  }
}

module.exports = { parse, parseAsync };
