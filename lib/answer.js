// @ts-check
'use strict';

const { KINDS, checkArgument, checkOptions, oneOf } = require('./options.js');
const { pageOf } = require('./page.js');
const { now } = require('./questions.js');

/** How a text looks; `src/report/style.rs` has the defaults. */
const STYLE_OPTIONS = {
  format: oneOf('text', 'markdown', 'html'),
  width: KINDS.positive,
  color: KINDS.boolean,
  bytes: KINDS.boolean,
  limit: KINDS.count,
};

/**
 * What an answer is made of. The text is made when it is asked for: only then is its width known.
 * @typedef {{ value: object, text: (style: object) => string }} Told
 */

/**
 * What a handle to a native answer tells.
 * @param {{ value(): string, text(style: string): string }} handle
 * @returns {Told}
 */
function told(handle) {
  return { value: JSON.parse(handle.value()), text: (style) => now(() => handle.text(JSON.stringify(style))) };
}

/**
 * An answer: its fields are the object's own, and its text is what `String(answer)` gives.
 */
class Answer {
  #text;

  /** @param {Told} told */
  constructor({ value, text }) {
    Object.assign(this, value);
    this.#text = text;
  }

  /** @param {object} [style] */
  toString(style) {
    const checked = checkOptions(style, STYLE_OPTIONS);
    return (checked.format === 'html' && this.page()) || this.#text(checked);
  }

  /**
   * The page that shows it; what has none is text.
   * @returns {string | undefined}
   */
  page() {
    return undefined;
  }

  toJSON() {
    return { ...this };
  }
}

/** The ids that snapshots have in a page. @param {unknown[]} snapshots */
const idsOf = (snapshots) => snapshots.map((_, at) => at + 1).join(',');

const DEFAULT_LIMIT = 100;

/**
 * The comparison of two snapshots. It keeps them, for further questions.
 * @typedef {import('./snapshot.js').Snapshot | import('./isolate/snapshot.js').IsolatedSnapshot} AnySnapshot
 */
class Diff extends Answer {
  #snapshots;
  #added;

  /**
   * @param {Told} told
   * @param {AnySnapshot[]} snapshots
   * @param {(classKey: string, window: { limit: number, offset: number }) => number[] | Promise<number[]>} added
   */
  constructor(told, snapshots, added) {
    super(told);
    this.#snapshots = snapshots;
    this.#added = added;
  }

  page() {
    const { before, after, classes } = /** @type {any} */ (this);
    const window = { total: classes.length, offset: 0 };
    return pageOf([{ label: 'before', ...before }, { label: 'after', ...after }], { '/api/diff?before=1&after=2': { ...this.toJSON(), ...window } });
  }

  /**
   * The two snapshots that a diff compared.
   * @param {unknown} value
   */
  static snapshotsOf(value) {
    return typeof value === 'object' && value !== null && #snapshots in value ? value.#snapshots : undefined;
  }

  /**
   * @param {string} classKey
   * @param {object} [options]
   */
  added(classKey, options) {
    const key = checkArgument('classKey', KINDS.string, classKey);
    const { limit = DEFAULT_LIMIT, offset = 0 } = checkOptions(options, { limit: KINDS.count, offset: KINDS.count });
    return this.#added(key, { limit, offset });
  }
}

/** What grew over a series. It keeps what the causes found, for a summary. */
class Trend extends Answer {
  #series;

  /**
   * @param {Told} told
   * @param {any} [series] absent if it was read in another process
   */
  constructor(told, series) {
    super(told);
    this.#series = series;
  }

  page() {
    const { snapshots } = /** @type {any} */ (this);
    return pageOf(snapshots, { [`/api/trend?snapshots=${idsOf(snapshots)}`]: this.toJSON() });
  }

  /**
   * The native series that a trend was made of.
   * @param {unknown} value
   */
  static seriesOf(value) {
    return typeof value === 'object' && value !== null && #series in value ? value.#series : undefined;
  }
}

/** A leak summary. */
class Summary extends Answer {
  page() {
    const { snapshots, before, after } = /** @type {any} */ (this);
    const known = snapshots ?? [before && { label: 'before', ...before }, { label: before ? 'after' : 'snapshot', ...after }].filter(Boolean);
    return pageOf(known, { [`/api/summary?snapshots=${idsOf(known)}`]: this.toJSON() });
  }
}

/** The listeners of a snapshot, by emitter, event and site. */
class ListenerAudit extends Answer {
  page() {
    return pageOf([{ label: 'audited' }], { '/api/listeners?snapshots=1': this.toJSON() });
  }
}

/** The timers of this process, by callback. */
class TimerAudit extends Answer {}

/** What keeps the event loop of this process alive. */
class HandleAudit extends Answer {}

/** What keeps an object alive. */
class WhyAlive extends Answer {}

/** What was allocated, by function. */
class AllocationProfile extends Answer {}

module.exports = { AllocationProfile, Diff, HandleAudit, Summary, Trend, ListenerAudit, TimerAudit, WhyAlive, told };
