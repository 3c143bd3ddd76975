// @ts-check
'use strict';

/** Reading a `.heapprofile`: from a file or bytes, compressed as snapshots may be, with errors that say whose they are. */

const { readFile } = require('node:fs/promises');
const { fileURLToPath } = require('node:url');
const { promisify } = require('node:util');
const zlib = require('node:zlib');
const { LeakscanArgumentError, LeakscanError } = require('../errors.js');
const { KINDS, shown } = require('../options.js');

/** First bytes of what is compressed; brotli is known by the name's end. */
const GZIP = 0x8b1f;
const ZSTD = 0xfd2fb528;
/** JavaScript has no longer strings, and V8 writes no profile near to that. */
const MOST_BYTES = 2 ** 29 - 24;

/**
 * @param {unknown} source a path, a `file:` URL or bytes
 * @returns {Promise<any>} what the JSON says
 */
async function readProfile(source) {
  const isBytes = ArrayBuffer.isView(source);
  if (!isBytes && !KINDS.path.test(source)) {
    throw new LeakscanArgumentError(`expected a path, a file: URL or a Uint8Array, found ${shown(source)}`);
  }
  const path = isBytes ? undefined : typeof source === 'string' ? source : fileURLToPath(/** @type {URL} */ (source));
  /** @param {import('../errors.js').Code} code @param {string} why @param {unknown} [cause] */
  const failure = (code, why, cause) => new LeakscanError(code, path === undefined ? why : `${path}: ${why}`, { cause });
  let bytes;
  try {
    bytes = isBytes ? Buffer.from(source.buffer, source.byteOffset, source.byteLength) : await readFile(/** @type {string} */ (path));
  } catch (cause) {
    throw failure('ERR_LEAKSCAN_IO', /** @type {Error} */ (cause).message, cause);
  }
  const decompress = decompression(bytes, path);
  if (decompress === null) throw failure('ERR_LEAKSCAN_UNSUPPORTED', 'expected Node.js 22.15 or later for zstd');
  try {
    if (decompress) bytes = await promisify(decompress)(bytes, { maxOutputLength: MOST_BYTES });
  } catch (cause) {
    throw failure('ERR_LEAKSCAN_SYNTAX', `cannot be decompressed: ${/** @type {Error} */ (cause).message}`, cause);
  }
  let profile;
  try {
    profile = JSON.parse(bytes.toString());
  } catch (cause) {
    throw failure('ERR_LEAKSCAN_SYNTAX', `expected JSON, ${/** @type {Error} */ (cause).message}`, cause);
  }
  if (typeof profile?.head === 'object' && profile.head !== null) return profile;
  throw failure('ERR_LEAKSCAN_UNSUPPORTED', `expected an allocation profile, found ${profile?.snapshot === undefined ? 'an object without `head`' : 'a heap snapshot'}`);
}

/** What unpacks it: `undefined` if nothing has to, `null` if this Node.js cannot. @param {Buffer} bytes @param {string | undefined} path */
function decompression(bytes, path) {
  const mark = bytes.length < 4 ? 0 : bytes.readUInt32LE();
  if (mark === ZSTD) return /** @type {any} */ (zlib).zstdDecompress ?? null;
  if ((mark & 0xffff) === GZIP) return /** @type {any} */ (zlib.gunzip);
  return path?.endsWith('.br') ? /** @type {any} */ (zlib.brotliDecompress) : undefined;
}

module.exports = { readProfile };
