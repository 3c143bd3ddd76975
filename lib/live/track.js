// @ts-check
'use strict';

/**
 * Who adds listeners: a stack for a share of all registrations, until stopped. What is kept are texts, never the emitters or
 * the functions.
 */

const EventEmitter = require('node:events');
const native = require('../../native.js');
const { KINDS, checkOptions } = require('../options.js');
const { className } = require('./emitters.js');

const OPTIONS = { every: KINDS.positive, frames: KINDS.positive, limit: KINDS.positive };
/** All other ways to add a listener go through these. */
const METHODS = /** @type {[any, string][]} */ ([
  [EventEmitter.prototype, 'on'],
  [EventEmitter.prototype, 'addListener'],
  [EventEmitter.prototype, 'prependListener'],
  [EventTarget.prototype, 'addEventListener'],
]);

/** Records who adds listeners; see `index.d.ts`. */
class ListenerTracker {
  /** @type {Map<string, { emitter: string, event: string, stack: object[], seen: number }>} */
  #records = new Map();
  #every;
  #frames;
  #limit;
  #seen = 0;
  #left = 0;
  #skip;
  #isActive = true;
  /** @type {(() => void)[]} */
  #undo = [];

  /** @param {{ every?: number, frames?: number, limit?: number }} options */
  constructor({ every = 10, frames = 6, limit = 1000 }) {
    this.#every = every;
    this.#frames = frames;
    this.#limit = limit;
    this.#skip = this.#draw();
    for (const [prototype, method] of METHODS) this.#wrap(prototype, method);
  }

  /** How many registrations until the next that is recorded: random, for programs have rhythms. */
  #draw() {
    return this.#every === 1 ? 1 : 1 + Math.floor(Math.random() * (2 * this.#every - 1));
  }

  /** @param {any} prototype @param {string} method */
  #wrap(prototype, method) {
    const original = prototype[method];
    const tracker = this;
    const wrapper = {
      /** @this {any} @param {any[]} args */
      [method](...args) {
        if (tracker.#isActive && --tracker.#skip <= 0) tracker.#record(this, args[0], wrapper);
        else if (tracker.#isActive) tracker.#seen++;
        return Reflect.apply(original, this, args);
      },
    }[method];
    const property = Reflect.getOwnPropertyDescriptor(prototype, method);
    if (!Reflect.defineProperty(prototype, method, { ...property, value: wrapper })) return;
    this.#undo.push(() => {
      // Somebody else may have wrapped it since: then it stays, and does nothing.
      if (prototype[method] === wrapper) Reflect.defineProperty(prototype, method, /** @type {PropertyDescriptor} */ (property));
    });
  }

  /** @param {any} emitter @param {any} event @param {Function} below */
  #record(emitter, event, below) {
    this.#seen++;
    this.#skip = this.#draw();
    try {
      const stack = callSites(below, this.#frames);
      const name = emitter === process ? 'process' : className(emitter);
      const shown = native.shownNames([String(typeof event === 'symbol' ? `<symbol ${event.description}>` : event).toWellFormed()])[0];
      const key = `${name}\0${shown}\0${stack.map(({ url, line, column }) => `${url}:${line}:${column}`).join('\n')}`;
      const record = this.#records.get(key);
      if (record) record.seen++;
      else if (this.#records.size < this.#limit) this.#records.set(key, { emitter: name, event: shown, stack, seen: 1 });
      else this.#left++;
    } catch {
      // The program's own call must go on whatever happens here.
    }
  }

  /** Registrations by emitter, event and stack, the most frequent first. */
  report() {
    const sites = [...this.#records.values()]
      .map(({ seen, ...record }) => ({ ...record, recorded: seen, estimate: seen * this.#every }))
      .sort((a, b) => b.recorded - a.recorded);
    return { schemaVersion: 1, registrations: this.#seen, every: this.#every, sites, notRecorded: this.#left };
  }

  get active() {
    return this.#isActive;
  }

  /** Puts everything back; the report stays. */
  stop() {
    this.#isActive = false;
    for (const undo of this.#undo.splice(0)) undo();
  }

  toJSON() {
    return this.report();
  }
}

/**
 * The calls that led here, without Node's own. The program's own formatting of stacks (such as source maps) is not asked:
 * it costs more than all the rest.
 * @param {Function} below
 * @param {number} frames
 */
function callSites(below, frames) {
  const { prepareStackTrace, stackTraceLimit } = Error;
  try {
    Error.prepareStackTrace = (_, sites) => sites;
    Error.stackTraceLimit = frames + 4;
    /** @type {{ stack?: any }} */
    const holder = {};
    Error.captureStackTrace(holder, below);
    return /** @type {NodeJS.CallSite[]} */ (holder.stack)
      .map((site) => ({
        url: site.getFileName() ?? '',
        line: site.getLineNumber() ?? 0,
        column: site.getColumnNumber() ?? 0,
        functionName: site.getFunctionName() ?? '',
      }))
      .filter(({ url }) => url !== '' && !url.startsWith('node:'))
      .slice(0, frames);
  } finally {
    Error.prepareStackTrace = prepareStackTrace;
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/**
 * Starts recording who adds listeners; see `index.d.ts`.
 * @param {object} [options]
 */
function trackListeners(options) {
  return new ListenerTracker(checkOptions(options, OPTIONS));
}

module.exports = { ListenerTracker, trackListeners };
