// @ts-check
'use strict';

const { LeakscanError } = require('./errors.js');
const { KINDS, checkArgument, checkOptions, oneOf } = require('./options.js');
const { ask } = require('./questions.js');

const WINDOW = { limit: KINDS.count, offset: KINDS.count };
const CLASSES_OPTIONS = {
  ...WINDOW,
  filter: KINDS.string,
  sortBy: oneOf('retainedSize', 'shallowSize', 'count', 'distance', 'name'),
  devtoolsCompat: KINDS.boolean,
};
const NODES_OPTIONS = { ...WINDOW, sortBy: oneOf('retainedSize', 'shallowSize', 'distance', 'id') };
const FIND_OPTIONS = {
  ...NODES_OPTIONS,
  name: KINDS.string,
  type: KINDS.string,
  className: KINDS.string,
  minRetainedSize: KINDS.size,
  minShallowSize: KINDS.size,
  where: KINDS.string,
  allocatedAfter: { expected: 'a Snapshot', test: (/** @type {any} */ value) => Snapshot.handleOf(value) !== undefined },
  allocatedUntil: { expected: 'a Snapshot', test: (/** @type {any} */ value) => Snapshot.handleOf(value) !== undefined },
};
const PATHS_OPTIONS = { limit: KINDS.count };

/** Columns by name, in the order in which they are listed. */
const COLUMNS = ['id', 'shallowSize', 'retainedSize', 'distance', 'immediateDominator'];

/** Lets only this module make snapshots. */
const KEY = Symbol('leakscan');

/**
 * A parsed heap snapshot in native memory; see `index.d.ts`.
 */
class Snapshot {
  #handle;
  #totals;
  #capture;

  /**
   * @param {symbol} key
   * @param {any} handle
   * @param {object} [capture]
   */
  constructor(key, handle, capture) {
    if (key !== KEY) throw new LeakscanError('ERR_LEAKSCAN_INVALID_ARG', 'snapshots are made by parse(), parseAsync() and capture()');
    this.#handle = handle;
    this.#capture = capture;
    this.#totals = ask([handle], { ask: 'totals' });
  }

  /** @param {any} handle @param {object} [capture] what taking it cost */
  static of(handle, capture) {
    return new Snapshot(KEY, handle, capture);
  }

  /**
   * The native handle of a value, if it is a snapshot.
   * @param {unknown} value
   */
  static handleOf(value) {
    return typeof value === 'object' && value !== null && #handle in value ? value.#live() : undefined;
  }

  #live() {
    if (this.#handle.disposed) throw new LeakscanError('ERR_LEAKSCAN_DISPOSED', 'the snapshot was disposed');
    return this.#handle;
  }

  /** @param {object} question */
  #ask(question) {
    return ask([this.#live()], question);
  }

  get nodeCount() {
    this.#live();
    return this.#totals.nodeCount;
  }

  get edgeCount() {
    this.#live();
    return this.#totals.edgeCount;
  }

  get totalSize() {
    this.#live();
    return this.#totals.totalSize;
  }

  get meta() {
    this.#live();
    return this.#totals.meta;
  }

  get capture() {
    return this.#capture;
  }

  get disposed() {
    return this.#handle.disposed;
  }

  statistics() {
    return this.#ask({ ask: 'statistics' });
  }

  /** @param {object} [options] */
  classes(options) {
    return this.#ask({ ask: 'classes', ...checkOptions(options, CLASSES_OPTIONS) });
  }

  /**
   * @param {string} classNameOrKey
   * @param {object} [options]
   */
  instances(classNameOrKey, options) {
    const name = checkArgument('classNameOrKey', KINDS.string, classNameOrKey);
    return this.#ask({ ask: 'instances', class: name, ...checkOptions(options, NODES_OPTIONS) });
  }

  /** @param {object} [options] */
  find(options) {
    const { allocatedAfter, allocatedUntil, ...search } = checkOptions(options, FIND_OPTIONS);
    // V8 counts ids up, so the last id of a snapshot parts what was made before it from what came later.
    const ids = { afterId: allocatedAfter?.meta.maxId, untilId: allocatedUntil?.meta.maxId };
    return this.#ask({ ask: 'find', ...search, ...ids });
  }

  /** @param {number} id */
  node(id) {
    return this.#ask({ ask: 'node', id: checkArgument('id', KINDS.count, id) });
  }

  /**
   * @param {number} id
   * @param {object} [options]
   */
  edges(id, options) {
    return this.#ask({ ask: 'edges', id: checkArgument('id', KINDS.count, id), ...checkOptions(options, WINDOW) });
  }

  /**
   * @param {number} id
   * @param {object} [options]
   */
  retainers(id, options) {
    return this.#ask({ ask: 'retainers', id: checkArgument('id', KINDS.count, id), ...checkOptions(options, WINDOW) });
  }

  /** @param {number} id */
  dominator(id) {
    return this.#ask({ ask: 'dominator', id: checkArgument('id', KINDS.count, id) });
  }

  /**
   * @param {number} id
   * @param {object} [options]
   */
  dominated(id, options) {
    return this.#ask({ ask: 'dominated', id: checkArgument('id', KINDS.count, id), ...checkOptions(options, NODES_OPTIONS) });
  }

  /**
   * @param {number} id
   * @param {object} [options]
   */
  retainingPaths(id, options) {
    const checked = checkOptions(options, PATHS_OPTIONS);
    return this.#ask({ ask: 'retainingPaths', id: checkArgument('id', KINDS.count, id), ...checked });
  }

  /** @param {object} [options] */
  duplicateStrings(options) {
    return this.#ask({ ask: 'duplicateStrings', ...checkOptions(options, WINDOW) });
  }

  columns() {
    const handle = this.#live();
    return Object.fromEntries(COLUMNS.map((name) => [name, handle.column(name)]));
  }

  dispose() {
    this.#handle.dispose();
  }

  /** What `console.log` and `JSON.stringify` show: the totals, not the heap. */
  toJSON() {
    return this.disposed ? { disposed: true } : { ...this.#totals };
  }

  [Symbol.for('nodejs.util.inspect.custom')]() {
    if (this.disposed) return 'Snapshot { disposed }';
    const { nodeCount, edgeCount, totalSize } = this.#totals;
    return `Snapshot { nodeCount: ${nodeCount}, edgeCount: ${edgeCount}, totalSize: ${totalSize} }`;
  }
}

// Where the engine has no Symbol.dispose, it has no `using` either.
if (typeof Symbol.dispose === 'symbol') {
  Object.defineProperty(Snapshot.prototype, Symbol.dispose, {
    value: Snapshot.prototype.dispose,
    configurable: true,
    writable: true,
  });
}

module.exports = { Snapshot };
