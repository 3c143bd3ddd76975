// @ts-check
'use strict';

/**
 * Where a snapshot's bytes come from: a file, bytes, or whatever yields bytes; and how they are handed on, at the pace of
 * who reads them.
 */

const { setImmediate } = require('node:timers/promises');
const { fileURLToPath } = require('node:url');
const { LeakscanArgumentError } = require('./errors.js');
const { shown } = require('./options.js');

/** How long chunks are written before the event loop turns. */
const LONGEST_TURN_MS = 3;

/** Bytes copied from JavaScript's memory at a time: well under a millisecond. */
const SLICE_SIZE = 1 << 20;

/**
 * @typedef {{ path: string } | { bytes: Uint8Array } | { chunks: AsyncIterable<unknown> }} Source
 *
 * Takes bytes: the native `Feed`, or what leads to another process.
 * @typedef {{ readonly abandoned: boolean, write(chunk: Uint8Array): boolean, drained(): Promise<unknown>, end(): void, abandon(): void }} Feed
 */

/**
 * A path, or bytes, or (when `async`) anything that yields bytes.
 *
 * @param {unknown} source
 * @param {boolean} async
 * @returns {Source}
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

/** @param {any} source */
function iterate(source) {
  // Bytes are copied a slice at a time too: their owner may change or transfer them meanwhile.
  const chunks = 'bytes' in source ? slices(source.bytes) : source.chunks;
  return chunks[Symbol.asyncIterator]?.() ?? chunks[Symbol.iterator]();
}

/**
 * Writes sources to their feeds, one after the other, while `reading` reads them, and gives its answer. A source's own error
 * is the cause of all that follows from it.
 *
 * @template T
 * @param {[Source, Feed][]} pairs
 * @param {Promise<T>} reading
 * @returns {Promise<T>}
 */
async function pump(pairs, reading) {
  /** @type {any} */
  let iterator;
  /** @type {{ error: unknown } | undefined} */
  let failure;
  const abandon = () => pairs.forEach(([, feed]) => feed.abandon());
  const writing = async () => {
    for (const [source, feed] of pairs) {
      iterator = iterate(source);
      await write(iterator, feed);
    }
  };
  writing().catch((error) => {
    failure = { error };
    abandon();
  });
  try {
    return await reading;
  } catch (error) {
    abandon();
    // Lets the source close what it holds open. It may be hanging, so nobody waits for it.
    Promise.resolve(iterator?.return?.()).catch(() => {});
    throw failure ? failure.error : error;
  }
}

/**
 * Writes chunks to a feed at its reader's pace, until they or the reader end. A source whose chunks are all there already
 * never lets the event loop turn by itself.
 *
 * @param {any} iterator
 * @param {Feed} feed
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

module.exports = { normalize, pump };
