// @ts-check
'use strict';

const { diffAsync } = require('../analyze.js');
const { LeakscanArgumentError } = require('../errors.js');
const { capture } = require('../live/capture.js');
const { size } = require('../live/text.js');
const { KINDS, checkArgument, checkOptions, shown } = require('../options.js');
const { Snapshot } = require('../snapshot.js');
const { LeakAssertionError } = require('./failure.js');
const { pathTo } = require('./message.js');
const { quiet } = require('./quiet.js');
const { Rounds } = require('./rounds.js');

const WARM_UP = 1;
/** Classes that a message lists. */
const MOST_CLASSES = 5;
/** Class rows are few beside objects: all of them. */
const ALL = 2 ** 31 - 1;
/** What V8 makes of code that runs, when it likes: no growth of the work's. */
const COMPILED = ['(compiled code)', '(object shape)', '(system)'];

const GROWTH_OPTIONS = { warmup: KINDS.count, rounds: KINDS.positive, timeout: KINDS.positive };

/**
 * A limit: bytes, or numbers of objects by class.
 * @param {unknown} limit
 */
function checkLimit(limit) {
  if (KINDS.size.test(limit)) return;
  const isRecord = typeof limit === 'object' && limit !== null && !Array.isArray(limit);
  if (isRecord && Object.keys(limit).length > 0 && Object.values(limit).every((count) => KINDS.count.test(count))) return;
  throw new LeakscanArgumentError(`expected \`limit\` to be bytes, or counts by class as in { Session: 0 }, found ${shown(limit)}`);
}

/**
 * Fails if the work makes the heap grow by more; see `assert.d.ts`.
 * @param {() => unknown} work
 * @param {number | Record<string, number>} limit
 * @param {object} [options]
 */
async function assertMaxGrowth(work, limit, options) {
  checkArgument('work', KINDS.function, work);
  checkLimit(limit);
  const { warmup = WARM_UP, rounds: count = 1, timeout } = checkOptions(options, GROWTH_OPTIONS);
  const rounds = new Rounds(work, { timeout });
  await rounds.run(warmup);
  (await take()).dispose();
  const before = await take();
  try {
    await rounds.run(count);
    const over = exceeded(await grownSince(before), limit);
    if (over) throw new LeakAssertionError(over, { operator: 'assertMaxGrowth' });
  } finally {
    before.dispose();
  }
}

/** The rows of classes that tell what grew. @param {Snapshot} before @returns {Promise<any[]>} */
async function grownSince(before) {
  const after = await take();
  try {
    return (await diffAsync(before, after)).classes;
  } finally {
    after.dispose();
  }
}

async function take() {
  await quiet();
  return capture();
}

/** @param {any[]} classes @param {number | Record<string, number>} limit */
const exceeded = (classes, limit) => (typeof limit === 'number' ? overBytes(classes, limit) : overCounts(classes, limit));

/** @param {any[]} classes @param {number} limit */
function overBytes(classes, limit) {
  const own = classes.filter(({ name }) => !COMPILED.includes(name));
  const grown = own.reduce((sum, { sizeDelta }) => sum + sizeDelta, 0);
  if (grown <= limit) return undefined;
  const largest = own.sort((a, b) => b.sizeDelta - a.sizeDelta).slice(0, MOST_CLASSES);
  const rows = largest.filter(({ sizeDelta }) => sizeDelta > 0).map(row);
  return [`the heap grew by ${size(grown)}, at most ${size(limit)} expected; most of it:`, ...rows].join('\n');
}

/** @param {any[]} classes @param {Record<string, number>} limits */
function overCounts(classes, limits) {
  const grown = (/** @type {string} */ name) => classes.filter((it) => it.name === name).reduce((sum, { countDelta }) => sum + countDelta, 0);
  const over = Object.entries(limits).filter(([name, limit]) => grown(name) > limit);
  if (over.length === 0) return undefined;
  const rows = over.flatMap(([name, limit]) => [
    `${grown(name)} more ${name}, at most ${limit} expected`,
    ...classes.filter((it) => it.name === name && it.countDelta > 0).map(row),
  ]);
  return rows.join('\n');
}

/** @param {any} row of a class */
function row({ name, location, countDelta, sizeDelta }) {
  const place = location ? `  ${location.url}:${location.line}:${location.column}` : '';
  return `  ${countDelta > 0 ? '+' : ''}${countDelta} ${name}, ${size(sizeDelta)}${place}`;
}

/**
 * Fails if a snapshot has more objects of a class; see `assert.d.ts`.
 * @param {Snapshot} snapshot
 * @param {Record<string, number>} limits
 */
function assertMaxInstances(snapshot, limits) {
  if (!(snapshot instanceof Snapshot)) throw new LeakscanArgumentError(`expected \`snapshot\` to be a Snapshot, found ${shown(snapshot)}`);
  if (typeof limits === 'number') throw new LeakscanArgumentError('expected `limits` to be counts by class as in { Session: 0 }, found a number');
  checkLimit(limits);
  const over = Object.entries(limits).flatMap(([name, limit]) => {
    const rows = snapshot.classes({ filter: name, limit: ALL }).filter((it) => it.name === name);
    const count = rows.reduce((sum, it) => sum + it.count, 0);
    if (count <= limit) return [];
    return [`${count} ${name}, at most ${limit} expected`, ...pathTo(snapshot, name)];
  });
  if (over.length > 0) throw new LeakAssertionError(over.join('\n'), { operator: 'assertMaxInstances' });
}

module.exports = { assertMaxGrowth, assertMaxInstances };
