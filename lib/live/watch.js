// @ts-check
'use strict';

/**
 * Watches the memory of this process: what is left after major garbage collections, and on a slow clock what lies outside of
 * V8's heap. One sample takes about 0.1 ms; nothing keeps the process running.
 */

const EventEmitter = require('node:events');
const os = require('node:os');
const { monitorEventLoopDelay } = require('node:perf_hooks');
const v8 = require('node:v8');
const { KINDS: CHECKS, checkOptions } = require('../options.js');
const { EVIDENCE_OPTIONS, Evidence } = require('./evidence.js');
const { Series, judge } = require('./growth.js');
const { Samples } = require('./samples.js');
const { duration, size } = require('./text.js');

/** @typedef {'js-heap' | 'external' | 'native'} MemoryKind */

/** What each kind of memory is, what it is measured as, and what is too little of it to speak of. */
const KINDS = /** @type {Record<MemoryKind, { what: string, advice: string, leastBytes: number, leastShare: number, needsGc: boolean }>} */ ({
  'js-heap': {
    what: "JavaScript's heap",
    advice: 'Objects are kept: compare two snapshots, `summarize([await capture(), …, await capture()])`.',
    leastBytes: 2e6,
    leastShare: 0.02,
    needsGc: true,
  },
  external: {
    what: 'Memory of Buffers and ArrayBuffers',
    advice: 'JavaScript objects keep them: compare two snapshots, `summarize([await capture(), …, await capture()])`.',
    leastBytes: 4e6,
    leastShare: 0.05,
    needsGc: true,
  },
  native: {
    what: 'Memory outside of V8',
    advice:
      "No heap snapshot shows it: look for native addons, unclosed native handles (zlib streams, database clients), or malloc's own keeping (try MALLOC_ARENA_MAX=2 or jemalloc).",
    leastBytes: 16e6,
    leastShare: 0.1,
    needsGc: false,
  },
});

const OPTIONS = {
  interval: CHECKS.positive,
  minDuration: CHECKS.positive,
  minGrowth: CHECKS.positive,
  warmUp: CHECKS.count,
  cooldown: CHECKS.count,
  capture: { expected: 'an object with options', test: (/** @type {any} */ value) => typeof value === 'object' && value !== null },
};
/** Spaces of the heap that are empty after a major collection, and full of garbage a moment later. */
const YOUNG = new Set(['new_space', 'new_large_object_space']);
const DELAY_RESOLUTION_MS = 200;

/** Watches the memory of this process; see `index.d.ts`. */
class Watcher extends EventEmitter {
  #interval;
  #minDuration;
  #minGrowth;
  #warmUp;
  #cooldown;
  #started = performance.now();
  #startedAt = Date.now();
  #clock;
  /**
   * Told of major collections by an object that nobody keeps: V8 clears weak references in these only. An observer of `gc`
   * entries is called for every minor collection too, at about 40 µs each.
   */
  #collections;
  #delay = monitorEventLoopDelay({ resolution: DELAY_RESOLUTION_MS });
  #utilization = performance.eventLoopUtilization();
  #isClosed = false;
  #lastGc = -Infinity;
  #lastJudged = 0;
  #samples = new Samples();
  /** @type {Record<string, Series>} */
  #series;
  /** @type {Map<MemoryKind, any>} */
  #judged = new Map();
  /** When each kind was last told as a leak. @type {Map<MemoryKind, number>} */
  #told = new Map();
  /** @type {Evidence | undefined} */
  #evidence;

  /** @param {Record<string, any>} options */
  constructor({ interval = 60_000, minDuration = 10 * 60_000, minGrowth, warmUp = 2 * 60_000, cooldown = 3_600_000, capture }) {
    super();
    this.#interval = interval;
    this.#minDuration = minDuration;
    this.#minGrowth = minGrowth;
    this.#warmUp = warmUp;
    this.#cooldown = cooldown;
    // A verdict needs some points, whatever the durations are.
    const width = Math.min(interval / 4, minDuration / 24);
    this.#series = Object.fromEntries([...Object.keys(KINDS), 'rss'].map((kind) => [kind, new Series(width)]));
    if (capture !== undefined) this.#evidence = new Evidence(checkOptions(capture, EVIDENCE_OPTIONS), this.#minDuration / 2);
    this.#delay.enable();
    this.#collections = new FinalizationRegistry(() => this.#afterGc());
    this.#collections.register({}, undefined);
    this.#clock = setInterval(() => this.#sample(false), interval).unref();
  }

  #afterGc() {
    if (!this.#isClosed) this.#collections.register({}, undefined);
    const now = performance.now();
    // A service under pressure collects many times a second: that often nobody needs to know.
    if (this.#isClosed || now - this.#lastGc < this.#interval / 100) return;
    this.#lastGc = now;
    this.#sample(true);
  }

  /** @param {boolean} afterGc */
  #sample(afterGc) {
    if (this.#isClosed) return;
    const t = performance.now() - this.#started;
    const sample = this.#measure(t, afterGc);
    if (t >= this.#warmUp) {
      for (const kind of /** @type {MemoryKind[]} */ (Object.keys(KINDS))) {
        // Right after a collection V8 has given up pages that still count as resident.
        if (afterGc === KINDS[kind].needsGc) this.#series[kind].add(t, sample.memory[kind]);
      }
      this.#series.rss.add(t, sample.rss);
    }
    this.#samples.add(sample);
    this.emit('sample', sample);
    // Twice in an interval: judging takes a millisecond.
    if (t - this.#lastJudged < this.#interval / 2) return;
    this.#lastJudged = t;
    this.#judgeAll(t, sample);
  }

  /** @param {number} t @param {boolean} afterGc */
  #measure(t, afterGc) {
    const { rss, external, arrayBuffers, heapUsed } = process.memoryUsage();
    const heap = v8.getHeapStatistics();
    /** @type {Record<string, number>} */
    const spaces = {};
    let jsHeap = 0;
    for (const { space_name, space_used_size } of v8.getHeapSpaceStatistics()) {
      spaces[space_name] = space_used_size;
      if (!YOUNG.has(space_name)) jsHeap += space_used_size;
    }
    const utilization = performance.eventLoopUtilization();
    const since = performance.eventLoopUtilization(utilization, this.#utilization);
    this.#utilization = utilization;
    const delay = Number.isFinite(this.#delay.max) ? Math.max(0, this.#delay.max / 1e6 - DELAY_RESOLUTION_MS) : 0;
    this.#delay.reset();
    return {
      time: this.#startedAt + Math.round(t),
      afterGc,
      memory: { 'js-heap': jsHeap, external, native: Math.max(0, rss - heap.total_physical_size - external) },
      rss,
      heapUsed,
      heapLimit: heap.heap_size_limit,
      arrayBuffers,
      spaces,
      nativeContexts: heap.number_of_native_contexts,
      detachedContexts: heap.number_of_detached_contexts,
      handles: process.getActiveResourcesInfo().length,
      eventLoopDelayMs: Math.round(delay * 10) / 10,
      eventLoopUtilization: since.utilization,
    };
  }

  /** @param {number} t @param {any} sample */
  #judgeAll(t, sample) {
    const grown = [];
    for (const kind of /** @type {MemoryKind[]} */ (Object.keys(KINDS))) {
      const { leastBytes, leastShare, needsGc } = KINDS[kind];
      const points = this.#series[kind].points();
      // What lies outside of V8 moves for many reasons: a bound for V8's memory would be too narrow for it.
      const least = needsGc ? this.#minGrowth : undefined;
      const leastGrowth = least ?? Math.max(leastBytes, leastShare * (points[0]?.v ?? 0));
      const judged = judge(points, { leastGrowth, leastDuration: this.#minDuration });
      const before = this.#judged.get(kind)?.verdict ?? 'flat';
      this.#judged.set(kind, judged);
      if (judged.verdict !== 'flat') grown.push({ kind, before, judged, points });
    }
    grown.sort((a, b) => b.judged.perHour - a.judged.perHour);
    for (const { kind, before, judged, points } of grown) {
      const also = grown.filter((other) => other.kind !== kind).map((other) => other.kind);
      const told = this.#told.get(kind) ?? -Infinity;
      const isNew = judged.verdict === 'leak' ? t - told >= this.#cooldown : before === 'flat' && told === -Infinity;
      if (!isNew) continue;
      if (judged.verdict === 'leak') this.#told.set(kind, t);
      this.emit(judged.verdict, describe(kind, judged, points, sample, also));
    }
    if (grown.length > 0) this.#gather(grown.some(({ judged }) => judged.verdict === 'leak'));
  }

  /** @param {boolean} isLeak */
  async #gather(isLeak) {
    try {
      const found = await this.#evidence?.gather(isLeak);
      if (found && !this.#isClosed) this.emit('summary', found.summary, { files: found.files });
    } catch (error) {
      // No memory, no disk: the service goes on, and so does the watch.
      if (!this.#isClosed) this.emit('skipped', error);
    }
  }

  /** What was measured: the last samples, and each kind's whole history in at most 128 points. */
  history() {
    const series = Object.fromEntries(
      Object.entries(this.#series).map(([kind, it]) => [kind, it.points().map(({ t, v }) => ({ time: this.#startedAt + Math.round(t), bytes: Math.round(v) }))]),
    );
    return { samples: this.#samples.list(), series };
  }

  /** The judgement of each kind of memory, as of now. */
  verdicts() {
    return Object.fromEntries(Object.keys(KINDS).map((kind) => [kind, { ...this.#judged.get(/** @type {MemoryKind} */ (kind)) }]));
  }

  get closed() {
    return this.#isClosed;
  }

  toJSON() {
    return { schemaVersion: 1, startedAt: this.#startedAt, sampleCount: this.#samples.count, verdicts: this.verdicts(), history: this.history() };
  }

  /** Ends the watch. */
  close() {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearInterval(this.#clock);
    this.#delay.disable();
  }
}

/**
 * What listeners are told.
 * @param {MemoryKind} kind
 * @param {any} judged
 * @param {import('./growth.js').Point[]} points
 * @param {any} sample
 * @param {MemoryKind[]} also
 */
function describe(kind, judged, points, sample, also) {
  const { what, advice } = KINDS[kind];
  const constrained = process.constrainedMemory?.() ?? 0;
  const machine = constrained > 0 && constrained < os.totalmem() ? constrained : os.totalmem();
  const limit = kind === 'js-heap' ? sample.heapLimit : machine;
  const now = kind === 'js-heap' ? sample.memory[kind] : sample.rss;
  const msToLimit = judged.perHour > 0 ? Math.max(0, ((limit - now) / judged.perHour) * 3_600_000) : null;
  const lasted = points[points.length - 1].t - points[0].t;
  const { slowing } = judged;
  const isBounded = slowing !== undefined && slowing.level < limit;
  const ahead = isBounded || msToLimit === null ? '' : `; at that pace it reaches its limit of ${size(limit)} in ${duration(msToLimit)}`;
  const curve = slowing && `It is slowing down, as a cache does that fills: it would level off at about ${size(slowing.level)} in ${duration(slowing.inMs)}.`;
  const text =
    `${what} grows by ${size(judged.perHour)} per hour (${size(judged.growth)} in ${duration(lasted)}), ${Math.round(judged.confidence * 100)} % sure${ahead}. ` +
    (judged.verdict === 'leak' ? [curve, advice].filter((part) => part !== undefined).join(' ') : (curve ?? 'It is too early to call it a leak.'));
  return {
    kind,
    verdict: judged.verdict,
    bytesPerHour: judged.perHour,
    growth: judged.growth,
    durationMs: lasted,
    confidence: judged.confidence,
    probability: judged.probability,
    pace: judged.pace,
    ...(slowing && { slowing }),
    points: judged.points,
    limit,
    msToLimit,
    also,
    text,
  };
}

/**
 * Starts to watch this process; see `index.d.ts`.
 * @param {object} [options]
 */
function watch(options) {
  return new Watcher(checkOptions(options, OPTIONS));
}

module.exports = { Watcher, watch };
