// @ts-check
'use strict';

/**
 * A child process that parses and analyses for this one: its memory and its threads are its own, and it ends when nothing is
 * asked of it and it keeps no snapshot, or when this process does. Nothing listens on a port: bytes go through a pipe,
 * questions and answers through the channel that Node.js gives a child.
 */

const { spawn } = require('node:child_process');
const path = require('node:path');
const { LeakscanArgumentError, LeakscanError } = require('../errors.js');
const { Pipe, Upload } = require('./pipe.js');

const PROGRAM = path.join(__dirname, 'child.js');
/** What is meant for the program of this process: preloaded modules, inspectors, limits, coverage, channels. */
const NOT_INHERITED = /^(NODE_OPTIONS|NODE_V8_COVERAGE|NODE_REPL_EXTERNAL_MODULE|NODE_CHANNEL_\w+|NODE_UNIQUE_ID)$/i;
/** Of what a child writes before it dies. */
const LAST_WORDS = 2000;

function environment() {
  const inherited = Object.entries(process.env).filter(([name]) => !NOT_INHERITED.test(name));
  return { ...Object.fromEntries(inherited), ...(process.versions.electron !== undefined && { ELECTRON_RUN_AS_NODE: '1' }) };
}

/** Whether `process.execPath` is the program itself, and not Node.js. */
function isSingleExecutable() {
  try {
    return require('node:sea').isSea();
  } catch {
    return false;
  }
}

/**
 * @typedef {object} Call
 * @property {(value: any) => void} resolve
 * @property {(error: unknown) => void} reject
 * @property {((progress: object) => void) | undefined} onProgress
 */

class Child {
  #process;
  /** @type {Map<number, Call>} */
  #calls = new Map();
  #lastId = 0;
  #holds = 0;
  /** @type {LeakscanError | undefined} */
  #failure;
  #lastWords = '';

  constructor() {
    if (isSingleExecutable()) throw new LeakscanError('ERR_LEAKSCAN_CHILD', 'a child process cannot be started from a single executable application');
    try {
      this.#process = /** @type {any} */ (
        spawn(process.execPath, [PROGRAM], {
          env: environment(),
          stdio: ['pipe', 'ignore', 'pipe', 'ipc'],
          // Typed arrays, and strings of any kind.
          serialization: 'advanced',
          windowsHide: true,
        })
      );
    } catch (cause) {
      throw new LeakscanError('ERR_LEAKSCAN_CHILD', `the child process could not be started: ${/** @type {Error} */ (cause).message}`, { cause });
    }
    this.pipe = new Pipe(this.#process.stdin);
    this.#process.on('message', (/** @type {any} */ message) => this.#hear(message));
    this.#process.stderr?.setEncoding('utf8').on('data', (/** @type {string} */ text) => (this.#lastWords = (this.#lastWords + text).slice(-LAST_WORDS)));
    this.#process.on('error', (/** @type {Error} */ cause) => {
      this.fail(new LeakscanError('ERR_LEAKSCAN_CHILD', `the child process could not be started: ${cause.message}`, { cause }));
    });
    this.#process.on('close', (/** @type {number | null} */ code, /** @type {string | null} */ signal) => {
      const words = this.#lastWords.trim();
      const how = signal ?? `exit code ${code}`;
      this.fail(new LeakscanError('ERR_LEAKSCAN_CHILD', `the child process that analysed ended (${how})${words === '' ? '' : `: ${words}`}`));
    });
    this.#refer(false);
  }

  /** Why it can be asked nothing any more. */
  get failure() {
    return this.#failure;
  }

  /** Whether the event loop of this process is kept alive by it. @param {boolean} isNeeded */
  #refer(isNeeded) {
    const child = this.#process;
    for (const handle of [child, child.channel, child.stdin, child.stderr]) {
      if (isNeeded) handle?.ref?.();
      else handle?.unref?.();
    }
  }

  /** Keeps it running, until `release`. */
  hold() {
    this.#holds++;
  }

  release() {
    this.#holds--;
    if (this.#holds === 0) this.fail(new LeakscanError('ERR_LEAKSCAN_DISPOSED', 'the snapshot was disposed'));
  }

  /** Ends it, and what is asked of it. @param {LeakscanError} error */
  fail(error) {
    if (this.#failure) return;
    this.#failure = error;
    this.#process.kill('SIGKILL');
    for (const { reject } of this.#calls.values()) reject(error);
    this.#calls.clear();
    this.#refer(false);
  }

  /** A number that neither a call nor an upload has. */
  nextId() {
    return ++this.#lastId;
  }

  upload() {
    return new Upload(this.pipe, this.nextId(), (error) => this.fail(error));
  }

  /**
   * Asks, and waits for the answer.
   * @param {{ work: string, [name: string]: any }} question
   * @param {{ signal?: AbortSignal, onProgress?: (progress: object) => void }} [job]
   * @returns {Promise<any>}
   */
  async call(question, { signal, onProgress } = {}) {
    signal?.throwIfAborted();
    if (this.#failure) throw this.#failure;
    const id = this.nextId();
    const answer = new Promise((resolve, reject) => this.#calls.set(id, { resolve, reject, onProgress }));
    const abort = () => this.#drop(id, signal?.reason);
    signal?.addEventListener('abort', abort, { once: true });
    this.#refer(true);
    try {
      this.#send({ id, ...question });
      return await answer;
    } catch (error) {
      // Leads to who asked, and not to who heard the answer.
      if (error instanceof LeakscanError) Error.captureStackTrace(error);
      throw error;
    } finally {
      signal?.removeEventListener('abort', abort);
      this.#calls.delete(id);
      if (this.#calls.size === 0) this.#refer(false);
    }
  }

  /** Lets go of a call, or of the snapshot that it opened. @param {number} id @param {unknown} [reason] */
  #drop(id, reason) {
    this.#calls.get(id)?.reject(reason);
    this.tell({ drop: id });
  }

  /** Says something that has no answer. @param {object} message */
  tell(message) {
    if (!this.#failure) this.#process.send?.(message, () => {});
  }

  /** @param {object} question */
  #send(question) {
    try {
      // Without a channel the process could not be started, which comes as an event.
      this.#process.send?.(question, (/** @type {Error | null} */ cause) => {
        if (cause) this.fail(new LeakscanError('ERR_LEAKSCAN_CHILD', `the child process cannot be asked: ${cause.message}`, { cause }));
      });
    } catch (error) {
      throw new LeakscanArgumentError(`expected arguments that can be sent to another process: ${/** @type {Error} */ (error).message}`);
    }
  }

  /** @param {{ id: number, value?: any, error?: any, progress?: object }} message */
  #hear({ id, value, error, progress }) {
    const call = this.#calls.get(id);
    if (call === undefined) return;
    if (progress !== undefined) {
      try {
        call.onProgress?.(progress);
      } catch (thrown) {
        // A listener that throws ends the work: its error is the caller's.
        this.#drop(id, thrown);
      }
    } else if (error !== undefined) call.reject(revived(error));
    else call.resolve(value);
  }
}

/** An error of this realm. @param {{ code: any, message: string, section?: string, offset?: number, memory?: object }} error */
function revived({ code, message, ...details }) {
  return code === 'ERR_LEAKSCAN_INVALID_ARG' ? new LeakscanArgumentError(message) : new LeakscanError(code ?? 'ERR_LEAKSCAN_INTERNAL', message, details);
}

/** The child that keeps this thread's snapshots, all in one, so that they can be compared. @type {Child | undefined} */
let shared;

/** That child, held. */
function keeper() {
  if (shared === undefined || shared.failure) shared = new Child();
  shared.hold();
  return shared;
}

module.exports = { Child, keeper };
