// @ts-check
'use strict';

const path = require('node:path');
const { LeakscanError } = require('../errors.js');
const { pump } = require('../source.js');
const { keeper } = require('./process.js');

/** The questions of a `Snapshot`. */
const QUESTIONS = [
  'statistics',
  'classes',
  'instances',
  'find',
  'node',
  'edges',
  'retainers',
  'dominator',
  'dominated',
  'retainingPaths',
  'duplicateStrings',
  'columns',
];

/** Lets only this module make snapshots. */
const KEY = Symbol('leakscan');

/** Lets go of what nobody disposed. @type {FinalizationRegistry<{ child: import('./process.js').Child, id: number }>} */
const forgotten = new FinalizationRegistry(({ child, id }) => close(child, id));

/** @param {import('./process.js').Child} child @param {number} id */
function close(child, id) {
  child.tell({ drop: id });
  child.release();
}

/**
 * A snapshot that a child process keeps; see `index.d.ts`.
 */
class IsolatedSnapshot {
  #child;
  #id;
  #totals;
  #capture;
  #isDisposed = false;

  /**
   * @param {symbol} key
   * @param {import('./process.js').Child} child held for it
   * @param {{ id: number, totals: any }} opened
   * @param {object} [capture]
   */
  constructor(key, child, { id, totals }, capture) {
    if (key !== KEY) throw new LeakscanError('ERR_LEAKSCAN_INVALID_ARG', "isolated snapshots are made by parseAsync() and capture() with `isolate: 'process'`");
    this.#child = child;
    this.#id = id;
    this.#totals = totals;
    this.#capture = capture;
    forgotten.register(this, { child, id }, this);
  }

  /**
   * Which snapshot of which child a value is, if it is one.
   * @param {unknown} value
   */
  static placeOf(value) {
    return typeof value === 'object' && value !== null && #child in value ? value.#place() : undefined;
  }

  #place() {
    if (this.#isDisposed) throw new LeakscanError('ERR_LEAKSCAN_DISPOSED', 'the snapshot was disposed');
    return { child: this.#child, id: this.#id };
  }

  /** @param {string} question @param {unknown[]} args */
  async #ask(question, args) {
    const { child, id } = this.#place();
    return child.call({ work: 'ask', snapshot: id, question, args });
  }

  static {
    for (const question of QUESTIONS) {
      Object.defineProperty(this.prototype, question, {
        value: {
          /** @param {...unknown} args @this {IsolatedSnapshot} */
          [question](...args) {
            return this.#ask(question, args);
          },
        }[question],
        configurable: true,
        writable: true,
      });
    }
  }

  get nodeCount() {
    return this.#known().nodeCount;
  }

  get edgeCount() {
    return this.#known().edgeCount;
  }

  get totalSize() {
    return this.#known().totalSize;
  }

  get meta() {
    return this.#known().meta;
  }

  #known() {
    this.#place();
    return this.#totals;
  }

  get capture() {
    return this.#capture;
  }

  get disposed() {
    return this.#isDisposed;
  }

  /** Frees the child's memory, and ends the child with its last snapshot. */
  dispose() {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    forgotten.unregister(this);
    close(this.#child, this.#id);
  }

  /** What `console.log` and `JSON.stringify` show. */
  toJSON() {
    return this.#isDisposed ? { disposed: true } : { ...this.#totals };
  }

  [Symbol.for('nodejs.util.inspect.custom')]() {
    if (this.#isDisposed) return 'IsolatedSnapshot { disposed }';
    const { nodeCount, edgeCount, totalSize } = this.#totals;
    return `IsolatedSnapshot { nodeCount: ${nodeCount}, edgeCount: ${edgeCount}, totalSize: ${totalSize} }`;
  }
}

// Where the engine has no Symbol.dispose, it has no `using` either.
if (typeof Symbol.dispose === 'symbol') {
  Object.defineProperty(IsolatedSnapshot.prototype, Symbol.dispose, {
    value: IsolatedSnapshot.prototype.dispose,
    configurable: true,
    writable: true,
  });
}

/**
 * A source as a child gets it, and what is to be written for that.
 *
 * @param {import('./process.js').Child} child
 * @param {import('../source.js').Source} source
 * @returns {{ part: object, pairs: [import('../source.js').Source, import('../source.js').Feed][] }}
 */
function sent(child, source) {
  if ('path' in source) return { part: { path: path.resolve(source.path) }, pairs: [] };
  const feed = child.upload();
  return { part: { upload: feed.id }, pairs: [[source, feed]] };
}

/**
 * A child that is ready to parse, before a capture stops this thread for it.
 *
 * @param {AbortSignal | undefined} signal
 */
async function elsewhere(signal) {
  const child = keeper();
  try {
    await child.call({ work: 'ready' }, { signal });
    const unlock = await child.pipe.lock();
    return {
      /**
       * @param {{ threads?: number }} options
       * @param {{ signal?: AbortSignal, onProgress?: (progress: object) => void }} job
       */
      open(options, job) {
        const feed = child.upload();
        const opened = child.call({ work: 'open', part: { upload: feed.id }, options }, job);
        return { feed, opened: opened.then((answer) => (/** @type {object} */ report) => new IsolatedSnapshot(KEY, child, answer, report)) };
      },
      unlock,
      release: () => child.release(),
    };
  } catch (error) {
    child.release();
    throw error;
  }
}

/**
 * Opens a snapshot in a child process.
 *
 * @param {import('../source.js').Source} source
 * @param {object} options
 * @param {{ signal?: AbortSignal, onProgress?: (progress: object) => void }} job
 */
async function openElsewhere(source, options, job) {
  const child = keeper();
  try {
    const { part, pairs } = sent(child, source);
    const answer = await pump(pairs, child.call({ work: 'open', part, options }, job));
    return new IsolatedSnapshot(KEY, child, answer);
  } catch (error) {
    child.release();
    throw error;
  }
}

module.exports = { IsolatedSnapshot, elsewhere, openElsewhere, sent };
