// @ts-check
'use strict';

/** Questions whose answers a child process finds: because it was asked for, or because it keeps the snapshots. */

const path = require('node:path');
const native = require('../../native.js');
const { Summary } = require('../answer.js');
const { LeakscanArgumentError } = require('../errors.js');
const { now, write } = require('../questions.js');
const { Snapshot } = require('../snapshot.js');
const { normalize, pump } = require('../source.js');
const { Child } = require('./process.js');
const { IsolatedSnapshot, sent } = require('./snapshot.js');

/**
 * The child that is to answer about these parts, if not this process.
 * @param {unknown[]} parts
 * @param {'process' | undefined} isolate
 */
function isolated(parts, isolate) {
  const places = parts.map((part) => IsolatedSnapshot.placeOf(part));
  const own = places.find((place) => place !== undefined);
  if (own === undefined && isolate === undefined) return undefined;
  if (parts.some((part) => part instanceof Snapshot)) {
    throw new LeakscanArgumentError('expected snapshots that a child process can have, found one of this process: give its file, or open it with `isolate`');
  }
  return new Elsewhere(parts, own?.child);
}

/** What is asked elsewhere. */
class Elsewhere {
  #parts;
  #keeper;

  /** @param {unknown[]} parts @param {Child | undefined} keeper of snapshots among them */
  constructor(parts, keeper) {
    this.#parts = parts;
    this.#keeper = keeper;
  }

  /**
   * @param {{ work: string, options: any, [name: string]: any }} question
   * @param {{ signal?: AbortSignal, onProgress?: (progress: object) => void }} [job]
   */
  async #ask({ options, ...question }, job) {
    job?.signal?.throwIfAborted();
    const child = this.#keeper ?? new Child();
    child.hold();
    try {
      const parts = this.#parts.map((part) => {
        const place = IsolatedSnapshot.placeOf(part);
        if (place === undefined) return sent(child, normalize(part, true));
        // Of a child that has ended; there is never more than one that has not.
        if (place.child !== child) throw place.child.failure ?? child.failure;
        return { part: { snapshot: place.id }, pairs: [] };
      });
      const asked = { ...question, parts: parts.map(({ part }) => part), options: absolute(options) };
      return await pump(parts.flatMap(({ pairs }) => pairs), child.call(asked, job));
    } finally {
      child.release();
    }
  }

  /**
   * An answer that can be told.
   * @param {'summarize' | 'trend' | 'listeners'} name
   * @param {object} options
   * @param {object} job
   * @returns {Promise<import('../answer.js').Told>}
   */
  async answer(name, options, job) {
    const kinds = { summarize: 'summary', trend: 'trend', listeners: 'listenerAudit' };
    return retold(kinds[name], await this.#ask({ work: 'answer', name, options }, job));
  }

  /** @param {object} options @param {object} job */
  async diff(options, job) {
    return retold('diff', await this.#ask({ work: 'diff', options }, job));
  }

  /** New objects of a diff, as long as its snapshots are kept. @param {object} options of the diff @param {unknown[]} args */
  async added(options, args) {
    if (this.#keeper === undefined) {
      throw new LeakscanArgumentError('expected a diff of isolated snapshots: what was read for the diff alone is not kept');
    }
    return this.#ask({ work: 'added', options, args });
  }
}

/** What a child is told of directories is not for its own working directory. @param {any} options */
function absolute(options) {
  const { sourceMaps } = options;
  if (sourceMaps === undefined || typeof sourceMaps === 'boolean') return options;
  return { ...options, sourceMaps: [sourceMaps].flat().map((directory) => path.resolve(directory)) };
}

/**
 * @param {string} kind
 * @param {string} json
 * @returns {import('../answer.js').Told}
 */
function retold(kind, json) {
  const value = JSON.parse(json);
  return { value, text: (style) => now(() => native.retold(JSON.stringify(kind), write(value), JSON.stringify(style))) };
}

/** A summary that another process has made. @param {string} json */
const summaryOf = (json) => new Summary(retold('summary', json));

module.exports = { isolated, summaryOf };
