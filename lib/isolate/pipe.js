// @ts-check
'use strict';

/**
 * Bytes of snapshots on their way to a child process: in frames, so that several uploads share one pipe.
 *
 * V8 writes a snapshot in one go, without the event loop, and a stream of Node.js would keep all of it until the loop turns. So
 * a capture's bytes are written past the stream, as far as the pipe takes them; some wait here, and when these are too many,
 * the thread waits, which stands still anyway while V8 writes. A child that takes nothing for long is given up.
 */

const { writeSync } = require('node:fs');
const { LeakscanError } = require('../errors.js');

/** A frame: the upload's number and the length of what follows, each of 4 bytes. These lengths are no lengths. */
const HEADER_SIZE = 8;
const END = 0;
const ABANDONED = 0xffffffff;
/** Bytes of a capture that may wait: as many as for a parser in this process. */
const HIGH_WATER = 16 << 20;
/** How long a child may take nothing while this thread waits for it. */
const STUCK_MS = 10_000;
const WAIT_MS = 1;

const stuck = () => new LeakscanError('ERR_LEAKSCAN_CHILD', `the child process has taken nothing of the snapshot for ${STUCK_MS / 1000} s`);

const nobody = new Int32Array(new SharedArrayBuffer(4));

/** @param {number} id @param {number} length */
function header(id, length) {
  const bytes = Buffer.allocUnsafe(HEADER_SIZE);
  bytes.writeUInt32LE(id, 0);
  bytes.writeUInt32LE(length, 4);
  return bytes;
}

/** The writing end. One writes at a time. */
class Pipe {
  #stream;
  #turn = Promise.resolve();
  /** Of a capture. @type {Uint8Array[]} */
  #waiting = [];
  #waitingSize = 0;

  /** @param {any} stream of the child's standard input; absent if there could be none */
  constructor(stream) {
    this.#stream = stream;
    // A child that ended is told by its process.
    stream?.on('error', () => {});
  }

  /** Waits for the pipe to be free, with nothing under way; gives what frees it. @returns {Promise<() => void>} */
  async lock() {
    const before = this.#turn;
    /** @type {() => void} */
    let unlock = () => {};
    this.#turn = new Promise((resolve) => (unlock = resolve));
    await before;
    let isFree = false;
    return () => {
      if (isFree) return;
      isFree = true;
      // What still waits goes first.
      const last = this.#waiting.pop();
      for (const bytes of this.#waiting.splice(0)) this.#stream.write(bytes);
      this.#waitingSize = 0;
      if (last) this.#stream.write(last, unlock);
      else unlock();
    };
  }

  /** Writes a frame, and waits until the system has it. @param {number} id @param {number} length @param {Uint8Array} [bytes] */
  async write(id, length, bytes) {
    const frame = bytes ? Buffer.concat([header(id, length), bytes]) : header(id, length);
    const unlock = await this.lock();
    await new Promise((resolve) => this.#stream.write(frame, resolve));
    unlock();
  }

  /** Writes a frame while the event loop stands still; only with the lock. @param {number} id @param {Uint8Array} bytes */
  writeNow(id, bytes) {
    this.#waiting.push(header(id, bytes.length), bytes);
    this.#waitingSize += HEADER_SIZE + bytes.length;
    const { _handle: handle } = this.#stream;
    if (!(handle?.fd >= 0)) return this.#writeBlocking(handle);
    for (let since = performance.now(); ; Atomics.wait(nobody, 0, 0, WAIT_MS)) {
      if (this.#writeSome(handle.fd)) since = performance.now();
      if (this.#waitingSize < HIGH_WATER) return;
      if (performance.now() - since > STUCK_MS) throw stuck();
    }
  }

  /** Writes what the pipe takes at once; tells whether that was anything. @param {number} fd */
  #writeSome(fd) {
    const before = this.#waitingSize;
    try {
      for (let bytes; (bytes = this.#waiting[0]); ) {
        const written = writeSync(fd, bytes);
        this.#waitingSize -= written;
        if (written === bytes.length) this.#waiting.shift();
        else this.#waiting[0] = bytes.subarray(written);
      }
    } catch (error) {
      if (/** @type {any} */ (error).code !== 'EAGAIN') throw error;
    }
    return this.#waitingSize < before;
  }

  /** Windows has no such number, but its handles can wait. @param {any} handle */
  #writeBlocking(handle) {
    handle?.setBlocking?.(true);
    for (const bytes of this.#waiting.splice(0)) this.#stream.write(bytes);
    handle?.setBlocking?.(false);
    this.#waitingSize = 0;
  }
}

/** What writes one upload; as good as the native `Feed`. */
class Upload {
  #pipe;
  #onStuck;
  #isOver = false;
  /** @type {Promise<unknown>} */
  #written = Promise.resolve();

  /**
   * @param {Pipe} pipe
   * @param {number} id
   * @param {(error: LeakscanError) => void} onStuck told when nothing can be written any more
   */
  constructor(pipe, id, onStuck) {
    this.#pipe = pipe;
    this.id = id;
    this.#onStuck = onStuck;
  }

  get abandoned() {
    return this.#isOver;
  }

  /** Writes what `drained` waits for. @param {Uint8Array} chunk */
  write(chunk) {
    if (!this.#isOver && chunk.length > 0) this.#written = this.#pipe.write(this.id, chunk.length, chunk);
    return false;
  }

  drained() {
    return this.#written;
  }

  /** As {@link Pipe.writeNow}. @param {Uint8Array} chunk */
  writeNow(chunk) {
    if (this.#isOver || chunk.length === 0) return;
    try {
      this.#pipe.writeNow(this.id, chunk);
    } catch (error) {
      this.#isOver = true;
      // All else means that the child has ended, which its process will tell.
      if (error instanceof LeakscanError) this.#onStuck(error);
    }
  }

  end() {
    this.#finish(END);
  }

  abandon() {
    this.#finish(ABANDONED);
  }

  /** @param {number} mark */
  #finish(mark) {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#written = this.#pipe.write(this.id, mark);
  }
}

/**
 * Splits what comes out of the pipe into frames.
 * @param {(id: number, bytes: Uint8Array | typeof END | typeof ABANDONED) => void} take
 * @returns {(chunk: Buffer) => void}
 */
function frames(take) {
  /** @type {Buffer} */
  let rest = Buffer.alloc(0);
  let id = 0;
  /** Bytes of the frame that are still to come. */
  let left = 0;
  return (chunk) => {
    let bytes = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
    while (bytes.length > 0) {
      if (left > 0) {
        const part = bytes.subarray(0, left);
        left -= part.length;
        bytes = bytes.subarray(part.length);
        take(id, part);
        continue;
      }
      if (bytes.length < HEADER_SIZE) break;
      id = bytes.readUInt32LE(0);
      const length = bytes.readUInt32LE(4);
      bytes = bytes.subarray(HEADER_SIZE);
      if (length === END || length === ABANDONED) take(id, length);
      else left = length;
    }
    rest = bytes;
  };
}

module.exports = { ABANDONED, END, Pipe, Upload, frames };
