// @ts-check
'use strict';

/** What can be told of the process without a snapshot: how its memory does, who listens, what is set, what is open. */

const { auditListenersAsync } = require('../analyze.js');
const { auditHandles } = require('../live/handles.js');
const memory = require('../live/memory.js');
const { duration, size } = require('../live/text.js');
const { auditTimers } = require('../live/timers.js');
const { watch } = require('../live/watch.js');
const { propertyName } = require('./disclosure.js');

/** An audit that held the loop is not made again before so many times as long has passed: at most a twentieth of the time is spent on them. */
const REST = 20;
const LEAST_REST_MS = 1000;
/** Rows of an audit: it is made once, whatever part of it is asked for. */
const MOST = 1000;

const WORDS = /** @type {Record<string, string>} */ ({ 'js-heap': "JavaScript's heap", external: 'Memory of Buffers', native: 'Memory outside of V8' });

class Live {
  #watcher;
  #isOwn;
  /** What listeners of the watcher were told last, by kind. @type {Map<string, { verdict: string, text: string }>} */
  #told = new Map();
  /** @type {Map<string, { audit: Promise<any>, until: number }>} */
  #audits = new Map();
  #hear = (/** @type {any} */ growth) => this.#told.set(growth.kind, growth);

  /** @param {{ watcher?: import('../live/watch.js').Watcher, watchOptions?: object }} options */
  constructor({ watcher, watchOptions }) {
    this.#isOwn = watcher === undefined;
    this.#watcher = watcher ?? watch(watchOptions);
    this.#watcher.on('growth', this.#hear);
    this.#watcher.on('leak', this.#hear);
  }

  get watcher() {
    return this.#watcher;
  }

  /** The verdict on all kinds of memory, and a sentence for people. */
  verdict() {
    const verdicts = /** @type {Record<string, { verdict?: string, points?: number, perHour?: number, growth?: number, tooEarly?: boolean }>} */ (this.#watcher.verdicts());
    for (const wanted of ['leak', 'growth']) {
      const grown = Object.entries(verdicts)
        .filter(([, { verdict }]) => verdict === wanted)
        .sort(([, a], [, b]) => (b.perHour ?? 0) - (a.perHour ?? 0));
      if (grown.length === 0) continue;
      const [kind, { perHour = 0 }] = grown[0];
      const told = this.#told.get(kind);
      const sentence = told?.verdict === wanted ? told.text : `${WORDS[kind]} grows by ${size(perHour)} per hour.`;
      return { verdict: wanted, sentence };
    }
    const { points = 0, tooEarly } = verdicts['js-heap'];
    if (points === 0 || tooEarly) {
      const seen = `${points} major collection${points === 1 ? '' : 's'} seen since the start ${duration(process.uptime() * 1000)} ago`;
      return { verdict: 'unknown', sentence: `It is too early to tell: ${seen}.` };
    }
    return { verdict: 'flat', sentence: 'Memory does not grow.' };
  }

  /** @param {object} capture what a capture would take */
  health(capture) {
    const { limit } = memory.availableMemory();
    const usage = process.memoryUsage();
    return {
      schemaVersion: 1,
      live: true,
      ...this.verdict(),
      watcher: this.#watcher.toJSON(),
      memory: { ...usage, heapLimit: require('node:v8').getHeapStatistics().heap_size_limit, containerLimit: limit },
      process: { pid: process.pid, node: process.version, uptime: process.uptime(), title: process.title },
      capture,
    };
  }

  /** @param {{ all: boolean, limit: number }} query */
  async listeners({ all, limit }) {
    const audit = await this.#audit(all ? 'all listeners' : 'listeners', async () => withoutKeys((await auditListenersAsync({ all, limit: MOST })).toJSON()));
    const emitters = audit.emitters.slice(0, limit);
    return { ...audit, emitters, overLimit: audit.overLimit.filter((/** @type {object} */ emitter) => emitters.includes(emitter)) };
  }

  /** @param {{ limit: number }} query */
  async timers({ limit }) {
    const audit = await this.#audit('timers', async () => auditTimers({ limit: MOST }).toJSON());
    return { ...audit, timers: audit.timers.slice(0, limit) };
  }

  /** @param {{ limit: number }} query */
  async handles({ limit }) {
    const audit = await this.#audit('handles', async () => auditHandles({ limit: MOST }).toJSON());
    return { ...audit, handles: audit.handles.slice(0, limit) };
  }

  /**
   * An audit, or the last one if that was a moment ago. It is made for all who ask, so nobody who leaves ends it.
   * @param {string} key
   * @param {() => Promise<any>} make
   * @returns {Promise<any>}
   */
  #audit(key, make) {
    const last = this.#audits.get(key);
    if (last && performance.now() < last.until) return last.audit;
    const began = performance.now();
    const made = { audit: make(), until: Infinity };
    this.#audits.set(key, made);
    const rest = () => (made.until = performance.now() + Math.max(LEAST_REST_MS, REST * (performance.now() - began)));
    made.audit.then(rest, () => this.#audits.delete(key));
    return made.audit;
  }

  close() {
    this.#watcher.off('growth', this.#hear);
    this.#watcher.off('leak', this.#hear);
    if (this.#isOwn) this.#watcher.close();
  }
}

/** Where emitters were found is told without keys that are data: `require("/srv/bus.js").rooms["[key]"]`. @param {any} audit */
function withoutKeys(audit) {
  for (const emitter of audit.emitters) {
    // Those over their limit are among them.
    if (emitter.reachedBy !== undefined) emitter.reachedBy = wayShown(emitter.reachedBy);
  }
  return audit;
}

/** @param {string} way */
function wayShown(way) {
  const [start] = /** @type {RegExpExecArray} */ (/^(?:require\("(?:[^"\\]|\\.)*"\))?/.exec(way));
  const shown = way.slice(start.length).replace(/\.([A-Za-z_$][\w$]*)|\["((?:[^"\\]|\\.)*)"\]/g, (step, name, key) => {
    if (key !== undefined) return `[${JSON.stringify(propertyName(key))}]`;
    return propertyName(name) === name ? step : '["[key]"]';
  });
  return start + shown;
}

module.exports = { Live };
