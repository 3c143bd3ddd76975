// @ts-check
'use strict';

const { createWriteStream, renameSync, rmSync } = require('node:fs');
const { Readable } = require('node:stream');
const { pipeline } = require('node:stream/promises');
const { setTimeout: sleep } = require('node:timers/promises');
const zlib = require('node:zlib');
const { attach } = require('../../../index.js');
const { EXIT, UsageError } = require('../failure.js');

/** Compressions by the name's end. Node.js has had zstd since 22.15. */
const COMPRESSIONS = /** @type {Record<string, (() => import('node:stream').Transform) | undefined>} */ ({
  gz: () => zlib.createGzip({ level: 1 }),
  br: () => zlib.createBrotliCompress({ params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 3 } }),
  zst: /** @type {any} */ (zlib).createZstdCompress,
});

/** @param {string} file @returns {(() => import('node:stream').Transform) | undefined} */
function compressionOf(file) {
  const ending = /\.(gz|br|zst)$/i.exec(file)?.[1].toLowerCase();
  if (ending === undefined) return undefined;
  const compress = COMPRESSIONS[ending];
  if (compress === undefined) throw new UsageError(`${file}: this Node.js has no zstd: use .gz, or Node.js 22.15 and later`, 'capture');
  return compress;
}

/** The file of a number: `heap.heapsnapshot.zst`, `heap.2.heapsnapshot.zst`. @param {string} file @param {number} number */
const numbered = (file, number) => (number === 1 ? file : file.replace(/([^/\\.])(\.[^/\\]*)?$/, `$1.${number}$2`));

/**
 * Writes what comes to a file, which is there once it is whole. Only its owner can read it, for it holds what the heap holds.
 * @param {AsyncIterable<Uint8Array>} chunks
 * @param {string} file
 * @param {AbortSignal} signal
 */
async function save(chunks, file, signal) {
  const part = `${file}.${process.pid}.part`;
  const compress = compressionOf(file);
  try {
    const streams = [Readable.from(chunks), ...(compress ? [compress()] : []), createWriteStream(part, { flags: 'wx', mode: 0o600 })];
    await pipeline(/** @type {any} */ (streams), { signal });
    renameSync(part, file);
  } catch (error) {
    rmSync(part, { force: true });
    throw error;
  }
}

/** @param {import('../line.js').Line} line */
async function run(line) {
  const { pid, inspect, 'allow-remote': allowRemote, out, force, count = 1, every = 60, summary } = line.flags;
  if ((pid === undefined) === (inspect === undefined)) throw new UsageError('expected --pid PID or --inspect HOST:PORT', 'capture');
  if (out === undefined) throw new UsageError('expected -o FILE', 'capture');
  compressionOf(out);
  /** @type {string[]} */
  const files = [];
  const work = async (/** @type {{ signal: AbortSignal, onProgress?: (progress: any) => void }} */ { signal, onProgress }) => {
    if (pid !== undefined) signal.addEventListener('abort', () => line.say(`interrupted: closes the inspector of process ${pid} first`));
    const attached = await attach({ pid, inspect, allowRemote, signal });
    try {
      const how = attached.opened ? `opened its inspector at ${attached.address}, and will close it` : `its inspector is open at ${attached.address}`;
      line.say(`process ${attached.pid}: ${how}`);
      for (let number = 1; number <= count; number++) {
        if (number > 1) await sleep(every * 1000, undefined, { signal });
        const file = numbered(out, number);
        await save(attached.heapSnapshot({ force, onProgress }), file, signal);
        files.push(file);
        line.say(`wrote ${file}`);
      }
    } finally {
      await attached.close();
    }
  };
  await line.job(out, work, { cleansUp: true });
  return summary ? require('./summary.js').run(line.with('summary', files)) : EXIT.nothing;
}

module.exports = { run };
