// @ts-check
'use strict';

const { summarizeAsync } = require('../analyze.js');
const { LeakscanError } = require('../errors.js');
const { capture } = require('../live/capture.js');
const { KINDS, checkArgument, checkOptions } = require('../options.js');
const { heaviestOf, leaked, outOfMemory } = require('./message.js');
const { quiet } = require('./quiet.js');
const { Rounds, bytesInUse } = require('./rounds.js');
const { strideOf } = require('./slow-growth.js');
const { TrialSnapshots } = require('./trial-snapshots.js');

/**
 * Rounds in the windows between the snapshots. Primes: what grows by chance, or every so many rounds, does not grow by the
 * same number per round in both.
 */
const WINDOWS = [7, 13];
/** What so many rounds together are called. */
const CYCLE = 'cycle';
const WARM_UP = 5;
/** How much more memory the work may take before it is stopped. */
const MOST_GROWTH = 512 * 1024 * 1024;

/** @param {any} value @param {(entry: any) => boolean} test */
const isList = (value, test) => Array.isArray(value) && value.length > 0 && value.every(test);

const OPTIONS = {
  rounds: {
    expected: 'a list of at least two positive integers, rounds per window',
    test: (/** @type {any} */ value) => isList(value, KINDS.positive.test) && value.length > 1,
  },
  warmup: KINDS.count,
  timeout: KINDS.positive,
  maxHeap: KINDS.size,
  unit: KINDS.string,
  name: KINDS.string,
  ignore: { expected: 'a list of rules', test: Array.isArray },
  evidence: { expected: 'a directory, or false', test: (/** @type {any} */ value) => value === false || KINDS.path.test(value) },
};

/**
 * What test runners pile up for themselves: Jest's workers keep every line that a test prints.
 */
const RUNNERS_OWN = [{ path: '**.console._buffer' }, { path: '**.console._buffer.**' }];

/** The first snapshot of a process makes objects of its own, and is thrown away. */
let isFirst = true;

/** One after the other: two at once would see each other's growth. */
/** @type {Promise<void>} */
let last = Promise.resolve();

/** Where the work runs. */
const ISOLATION = { isolate: KINDS.boolean, export: KINDS.string };

/**
 * Fails if the work leaks; see `assert.d.ts`.
 * @param {any} work
 * @param {object} [options]
 */
async function assertNoLeak(work, options) {
  const { isolate, ...checked } = checkOptions(options, { ...OPTIONS, ...ISOLATION });
  if (isolate) return await require('./isolate/parent.js').assertElsewhere(work, checked);
  checkArgument('work', KINDS.function, work);
  const before = last;
  let done = () => {};
  last = new Promise((resolve) => {
    done = resolve;
  });
  try {
    await before;
    // Awaited, so that the stack of a failure leads to the test.
    return await judge(work, checked);
  } finally {
    done();
  }
}

/**
 * @param {() => unknown} work
 * @param {any} options
 */
async function judge(work, options) {
  const { rounds: windows = WINDOWS, warmup = WARM_UP, timeout, maxHeap = bytesInUse() + MOST_GROWTH } = options;
  const trial = new Trial(new Rounds(work, { timeout, maxHeap }), options, options.evidence);
  try {
    await trial.warmUp(warmup);
    const summary = await trial.summarize(windows);
    if (summary.verdict === 'leak') throw await trial.failure(summary, 1);
    // What does not come in every round needs more rounds to be told from chance: several count as one.
    const stride = await trial.stride(windows);
    const slow = stride > 1 ? await trial.summarize(windows, stride) : summary;
    if (slow.verdict === 'leak') throw await trial.failure(slow, stride);
    return slow;
  } finally {
    trial.close();
  }
}

/** Some work, its rounds, and the snapshots around them. */
class Trial {
  #rounds;
  #question;
  #evidence;
  #name;
  /** @type {import('../snapshot.js').Snapshot[]} */
  #snapshots = [];

  /**
   * @param {Rounds} rounds
   * @param {{ unit?: string, ignore?: unknown[], name?: string }} question
   * @param {string | false | undefined} evidence
   */
  constructor(rounds, { unit = 'round', ignore = [], name = 'work' }, evidence) {
    this.#rounds = rounds;
    this.#question = { unit, ignore: [...RUNNERS_OWN, ...ignore] };
    this.#name = name;
    this.#evidence = evidence === false ? undefined : new TrialSnapshots({ directory: evidence });
  }

  /** Lets caches fill and code be compiled. @param {number} count */
  async warmUp(count) {
    await this.#run(count);
    if (isFirst) (await this.#capture()).dispose();
    isFirst = false;
    await this.#add();
  }

  /**
   * What grew in windows of so many rounds each, from now on; of so many times `stride` rounds.
   * @param {number[]} windows
   */
  async summarize(windows, stride = 1) {
    const series = this.#snapshots.slice(-1);
    for (const count of windows) {
      await this.#run(count * stride);
      series.push(await this.#add());
    }
    return this.#summary(series, windows, stride);
  }

  /** In how many rounds something comes that did not come in every one of the last windows. @param {number[]} windows */
  stride(windows) {
    const series = this.#snapshots.slice(-windows.length - 1);
    return strideOf(series, windows);
  }

  /** The error that tells of a leak. @param {any} summary @param {number} stride rounds that counted as one */
  async failure(summary, stride) {
    return leaked(summary, { unit: this.#question.unit, stride }, await this.#keep());
  }

  close() {
    for (const snapshot of this.#snapshots) snapshot.dispose();
    this.#evidence?.close();
  }

  /** @param {number} count */
  async #run(count) {
    const start = this.#rounds.done;
    if (await this.#rounds.run(count)) return;
    // More memory than allowed. If there is still room for it, a snapshot tells what it is.
    const done = this.#rounds.done - start;
    const before = this.#snapshots.slice(-1);
    let summary;
    /** @type {string[]} */
    let heaviest = [];
    try {
      const now = await this.#add();
      heaviest = heaviestOf(now);
      // Of one snapshot a summary tells what looks suspicious, whether it came with the work or not.
      if (before.length > 0) summary = await this.#summary([...before, now], [done]);
    } catch (error) {
      if (!(error instanceof LeakscanError)) throw error;
    }
    throw outOfMemory(this.#rounds, summary, heaviest, await this.#keep());
  }

  async #add() {
    const snapshot = await this.#capture(this.#evidence?.next());
    this.#snapshots.push(snapshot);
    return snapshot;
  }

  /** @param {string} [saveTo] */
  async #capture(saveTo) {
    await quiet();
    return capture({ saveTo });
  }

  /**
   * @param {import('../snapshot.js').Snapshot[]} series
   * @param {number[]} rounds
   */
  #summary(series, rounds, stride = 1) {
    const unit = stride === 1 ? this.#question.unit : CYCLE;
    return summarizeAsync(series, { rounds, ...this.#question, unit });
  }

  async #keep() {
    return (await this.#evidence?.keep(this.#name)) ?? [];
  }
}

module.exports = { assertNoLeak };
