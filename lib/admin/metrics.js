// @ts-check
'use strict';

/**
 * What nobody else exports, as metrics: listeners, old modules, the floor of the heap and where it goes, findings. One table of
 * families; Prometheus' text, prom-client's registry and OpenTelemetry's meter are told from it. The number of label values is bounded,
 * whatever the program does: what is one too many is summed up as `(other)`.
 */

const path = require('node:path');
const os = require('node:os');
const { countListeners } = require('../live/listeners.js');
const { availableMemory } = require('../live/memory.js');
const { countOldModules } = require('../live/modules.js');
const { version } = require('../../package.json');

/** Label values of a family. */
const MOST_SERIES = 50;
const LONGEST_LABEL = 80;
const OTHER = '(other)';
/** Many families are asked for at once, and a scrape must not walk through the process more often than this. */
const FRESH_MS = 1000;
/** A walk that took long is not repeated before so many times as long has passed. */
const REST = 50;

const VERDICTS = /** @type {Record<string, number>} */ ({ flat: 0, growth: 1, leak: 2 });

/**
 * @typedef {{ labels: Record<string, string>, value: number }} Sample
 * @typedef {object} Family
 * @property {string} name by Prometheus' conventions
 * @property {string} otel the same by OpenTelemetry's
 * @property {string} unit by UCUM
 * @property {'gauge' | 'counter'} type
 * @property {string} help
 * @property {string[]} labels
 * @property {(seen: any) => Sample[]} samples
 */

const alone = (/** @type {number} */ value) => [{ labels: {}, value }];
const byLabel = (/** @type {string} */ label, /** @type {Record<string, number>} */ values) =>
  Object.entries(values).map(([name, value]) => ({ labels: { [label]: name }, value }));

/** @type {Family[]} */
const FAMILIES = [
  {
    name: 'leakscan_listeners',
    otel: 'leakscan.listeners',
    unit: '{listener}',
    type: 'gauge',
    labels: ['emitter', 'event'],
    help: 'Listeners that can be reached in this process, by class of emitter and event.',
    samples: ({ listeners }) => bounded(listeners.map((/** @type {any} */ { emitter, event, count }) => ({ labels: { emitter, event }, value: count })), (a, b) => a + b),
  },
  {
    name: 'leakscan_listeners_most',
    otel: 'leakscan.listeners.most',
    unit: '{listener}',
    type: 'gauge',
    labels: ['emitter', 'event'],
    help: 'Listeners of the one emitter of the class that has most of the event.',
    samples: ({ listeners }) => bounded(listeners.map((/** @type {any} */ { emitter, event, most }) => ({ labels: { emitter, event }, value: most })), Math.max),
  },
  {
    name: 'leakscan_timers',
    otel: 'leakscan.timers',
    unit: '{timer}',
    type: 'gauge',
    labels: ['kind'],
    help: 'Timers that are set and keep the process running.',
    samples: ({ timers }) => byLabel('kind', timers),
  },
  {
    name: 'leakscan_old_modules',
    otel: 'leakscan.old_modules',
    unit: '{module}',
    type: 'gauge',
    labels: ['module'],
    help: 'Copies of modules that were loaded again and are still kept.',
    samples: ({ oldModules }) => bounded(oldModules.map((/** @type {any} */ [module, value]) => ({ labels: { module }, value })), (a, b) => a + b),
  },
  {
    name: 'leakscan_memory_floor_bytes',
    otel: 'leakscan.memory.floor',
    unit: 'By',
    type: 'gauge',
    labels: ['kind'],
    help: 'Memory that is left after major garbage collections.',
    samples: ({ floor }) => byLabel('kind', floor),
  },
  {
    name: 'leakscan_memory_slope_bytes_per_second',
    otel: 'leakscan.memory.slope',
    unit: 'By/s',
    type: 'gauge',
    labels: ['kind'],
    help: 'By how much the floor grows, over the whole time that is watched.',
    samples: ({ slope }) => byLabel('kind', slope),
  },
  {
    name: 'leakscan_memory_time_to_limit_seconds',
    otel: 'leakscan.memory.time_to_limit',
    unit: 's',
    type: 'gauge',
    labels: ['kind'],
    help: 'Until the limit is reached at that slope; +Inf where nothing grows.',
    samples: ({ timeToLimit }) => byLabel('kind', timeToLimit),
  },
  {
    name: 'leakscan_memory_verdict',
    otel: 'leakscan.memory.verdict',
    unit: '1',
    type: 'gauge',
    labels: ['kind'],
    help: '0 flat, 1 growth, 2 leak.',
    samples: ({ verdict }) => byLabel('kind', verdict),
  },
  {
    name: 'leakscan_findings',
    otel: 'leakscan.findings',
    unit: '{finding}',
    type: 'gauge',
    labels: ['cause'],
    help: 'Findings of the last leak summary, by cause.',
    samples: ({ findings }) => byLabel('cause', findings),
  },
  {
    name: 'leakscan_captures_total',
    otel: 'leakscan.captures',
    unit: '{capture}',
    type: 'counter',
    labels: ['result'],
    help: 'Captures that the admin endpoint took, by how they ended.',
    samples: ({ captures }) => byLabel('result', captures),
  },
  {
    name: 'leakscan_capture_pause_seconds_total',
    otel: 'leakscan.capture.pause',
    unit: 's',
    type: 'counter',
    labels: [],
    help: 'How long captures of the admin endpoint stopped the thread.',
    samples: ({ pauseSeconds }) => alone(pauseSeconds),
  },
  {
    name: 'leakscan_snapshots_kept_bytes',
    otel: 'leakscan.snapshots.size',
    unit: 'By',
    type: 'gauge',
    labels: [],
    help: 'Snapshots on disk.',
    samples: ({ keptBytes }) => alone(keptBytes),
  },
  {
    name: 'leakscan_admin_requests_total',
    otel: 'leakscan.admin.requests',
    unit: '{request}',
    type: 'counter',
    labels: ['status'],
    help: 'Requests to the admin endpoint, by status.',
    samples: ({ requests }) => byLabel('status', requests),
  },
  {
    name: 'leakscan_start_time_seconds',
    otel: 'leakscan.start_time',
    unit: 's',
    type: 'gauge',
    labels: [],
    help: 'When the process began, in Unix time: tells runs apart where their labels do not.',
    samples: ({ startTime }) => alone(startTime),
  },
  {
    name: 'leakscan_build_info',
    otel: 'leakscan.build_info',
    unit: '1',
    type: 'gauge',
    labels: ['version', 'node'],
    help: 'Always 1; the version of leakscan and of Node.js.',
    samples: () => [{ labels: { version, node: process.version }, value: 1 }],
  },
];

/** The greatest samples singly, the rest as one. @param {Sample[]} samples @param {(a: number, b: number) => number} join */
function bounded(samples, join) {
  const sorted = samples.toSorted((a, b) => b.value - a.value);
  const told = new Map();
  for (const [at, { labels, value }] of sorted.entries()) {
    const cut = Object.fromEntries(Object.entries(labels).map(([name, text]) => [name, at < MOST_SERIES - 1 ? text.slice(0, LONGEST_LABEL) : OTHER]));
    const key = JSON.stringify(cut);
    const same = told.get(key);
    told.set(key, { labels: cut, value: same ? join(same.value, value) : value });
  }
  return [...told.values()];
}

class Metrics {
  #live;
  #captures;
  #store;
  /** @type {Record<string, number>} */
  #requests = {};
  /** @type {Record<string, number>} */
  #findings = {};
  /** What was seen last. @type {{ promise: Promise<any>, until: number } | undefined} */
  #last;
  /** What a walk through the process found. @type {{ listeners: any[], oldModules: [string, number][], until: number } | undefined} */
  #walked;

  /** @param {{ live: import('./live.js').Live, captures: import('./captures.js').Captures, store: import('./store.js').Store }} parts */
  constructor({ live, captures, store }) {
    this.#live = live;
    this.#captures = captures;
    this.#store = store;
    live.watcher.on('summary', (summary) => this.summary(summary));
  }

  /** A request was answered. @param {number} status */
  request(status) {
    this.#requests[status] = (this.#requests[status] ?? 0) + 1;
  }

  /** The last leak summary. @param {{ findings: { cause: string }[] }} summary */
  summary({ findings }) {
    // Causes that were there and are gone read 0.
    for (const cause of Object.keys(this.#findings)) this.#findings[cause] = 0;
    for (const { cause } of findings) this.#findings[cause] = (this.#findings[cause] ?? 0) + 1;
  }

  /** What is seen now, or was a moment ago. */
  #see() {
    if (this.#last && performance.now() < this.#last.until) return this.#last.promise;
    const promise = this.#look();
    this.#last = { promise, until: performance.now() + FRESH_MS };
    return promise;
  }

  async #look() {
    if (!this.#walked || performance.now() > this.#walked.until) {
      const began = performance.now();
      const [listeners, oldModules] = [await countListeners(), countOldModules()];
      const names = /** @type {[string, number][]} */ ([...oldModules].map(([file, count]) => [path.basename(file), count]));
      this.#walked = { listeners, oldModules: names, until: performance.now() + REST * (performance.now() - began) };
    }
    const { listeners, oldModules } = this.#walked;
    const resources = process.getActiveResourcesInfo();
    const timers = { timeout: 0, immediate: 0 };
    for (const name of resources) {
      if (name === 'Timeout') timers.timeout++;
      if (name === 'Immediate') timers.immediate++;
    }
    return {
      ...this.#memory(),
      listeners,
      oldModules,
      timers,
      findings: this.#findings,
      captures: this.#captures.counts,
      pauseSeconds: this.#captures.pauseMs / 1000,
      keptBytes: this.#store.bytes(),
      requests: this.#requests,
      startTime: Math.round(Date.now() / 1000 - process.uptime()),
    };
  }

  #memory() {
    /** @type {Record<'floor' | 'slope' | 'timeToLimit' | 'verdict', Record<string, number>>} */
    const seen = { floor: {}, slope: {}, timeToLimit: {}, verdict: {} };
    const { series } = this.#live.watcher.history();
    const { limit } = availableMemory();
    const heapLimit = require('node:v8').getHeapStatistics().heap_size_limit;
    for (const [kind, judged] of Object.entries(/** @type {Record<string, any>} */ (this.#live.watcher.verdicts()))) {
      const bytes = series[kind].at(-1)?.bytes;
      if (bytes !== undefined) seen.floor[kind] = bytes;
      if (judged.verdict === undefined) continue;
      seen.slope[kind] = judged.perHour / 3600;
      seen.verdict[kind] = VERDICTS[judged.verdict];
      const room = kind === 'js-heap' ? heapLimit - (bytes ?? 0) : (limit ?? os.totalmem()) - process.memoryUsage.rss();
      seen.timeToLimit[kind] = judged.verdict === 'flat' || judged.perHour <= 0 ? Infinity : Math.max(0, room / (judged.perHour / 3600));
    }
    return seen;
  }

  /** @param {Family} family */
  async #samples(family) {
    return family.samples(await this.#see());
  }

  /** The text that Prometheus reads. */
  async text() {
    let text = '';
    for (const family of FAMILIES) {
      const samples = await this.#samples(family);
      text += `# HELP ${family.name} ${family.help}\n# TYPE ${family.name} ${family.type}\n`;
      for (const { labels, value } of samples) text += `${family.name}${written(labels)} ${value === Infinity ? '+Inf' : value}\n`;
    }
    return text;
  }

  /**
   * Adds everything to a registry of prom-client.
   * @param {any} register
   */
  register(register) {
    for (const family of FAMILIES) {
      const { name, help, type, labels } = family;
      register.registerMetric({
        name,
        help,
        type,
        aggregator: type === 'counter' ? 'sum' : 'max',
        labelNames: labels,
        get: async () => ({ name, help, type, aggregator: type === 'counter' ? 'sum' : 'max', values: await this.#samples(family) }),
        // It is read from the process each time.
        reset() {},
      });
    }
  }

  /**
   * Tells everything to a meter of OpenTelemetry's API. Returns what ends that.
   * @param {any} meter
   */
  instrument(meter) {
    const instruments = FAMILIES.map((family) => {
      const options = { description: family.help, unit: family.unit };
      return { family, instrument: family.type === 'counter' ? meter.createObservableCounter(family.otel, options) : meter.createObservableGauge(family.otel, options) };
    });
    const observe = async (/** @type {any} */ result) => {
      for (const { family, instrument } of instruments) {
        for (const { labels, value } of await this.#samples(family)) if (Number.isFinite(value)) result.observe(instrument, value, labels);
      }
    };
    const observed = instruments.map(({ instrument }) => instrument);
    meter.addBatchObservableCallback(observe, observed);
    return () => meter.removeBatchObservableCallback(observe, observed);
  }
}

/** @param {Record<string, string>} labels */
function written(labels) {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${value.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n')}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

module.exports = { FAMILIES, MOST_SERIES, Metrics, bounded };
