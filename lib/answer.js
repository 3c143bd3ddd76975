// @ts-check
'use strict';

const { KINDS, checkArgument, checkOptions } = require('./options.js');
const { ask } = require('./questions.js');
const { Snapshot } = require('./snapshot.js');

/**
 * An answer of the native side: its fields are the object's own, and its text is what `String(answer)` gives.
 */
class Answer {
  #text;

  /** @param {{ value: object, text: string }} answer */
  constructor({ value, text }) {
    Object.assign(this, value);
    this.#text = text;
  }

  toString() {
    return this.#text;
  }

  toJSON() {
    return { ...this };
  }
}

/** The comparison of two snapshots. It keeps them, for further questions. */
class Diff extends Answer {
  #snapshots;
  #options;

  /**
   * @param {{ value: object, text: string }} answer
   * @param {Snapshot[]} snapshots
   * @param {object} options
   */
  constructor(answer, snapshots, options) {
    super(answer);
    this.#snapshots = snapshots;
    this.#options = options;
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
    const question = {
      ask: 'added',
      classKey: checkArgument('classKey', KINDS.string, classKey),
      ...this.#options,
      ...checkOptions(options, { limit: KINDS.count, offset: KINDS.count }),
    };
    return ask(this.#snapshots.map(Snapshot.handleOf), question);
  }
}

/** A leak summary. */
class Summary extends Answer {}

/** The listeners of a snapshot, by emitter, event and site. */
class ListenerAudit extends Answer {}

module.exports = { Diff, Summary, ListenerAudit };
