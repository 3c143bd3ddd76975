// @ts-check
'use strict';

const { auditListeners } = require('../analyze.js');
const { auditHandles } = require('../live/handles.js');
const { auditTimers } = require('../live/timers.js');
const { KINDS, checkArgument, checkOptions } = require('../options.js');
const { inRepository } = require('../places.js');
const { LeakAssertionError } = require('./failure.js');
const { quiet } = require('./quiet.js');
const { Rounds } = require('./rounds.js');

/**
 * What work leaves behind in the running process: listeners, timers, handles. Without a snapshot: counted before and after.
 */

/** Every row of an audit. */
const ALL = 2 ** 31 - 1;
/** Places that a message lists. */
const MOST_ROWS = 20;

/** @typedef {Map<string, { count: number, of: (count: number) => string }>} Census what there is, by a text that tells it apart */

/** @param {any} location */
function at(location) {
  if (!location) return '';
  const { url, line, column } = location;
  return ` at ${inRepository(url, process.cwd()) ?? url}:${line}:${column}`;
}

/** @param {number} count @param {string} noun */
const counted = (count, noun) => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** @returns {Census} */
function listeners() {
  const census = /** @type {Census} */ (new Map());
  for (const { name, events } of auditListeners({ all: true, limit: ALL }).emitters) {
    for (const { event, sites } of events) {
      for (const { location, count } of sites) {
        const what = `'${event}' on ${name}${at(location)}`;
        add(census, what, count, (more) => `${counted(more, `'${event}' listener`)} on ${name}${location ? `, created${at(location)}` : ''}`);
      }
    }
  }
  return census;
}

/** @returns {Census} */
function timers() {
  const census = /** @type {Census} */ (new Map());
  for (const { kind, delay, location, count } of auditTimers({ limit: ALL }).timers) {
    const noun = kind === 'immediate' ? kind : `${kind} of ${delay} ms`;
    add(census, `${noun}${at(location)}`, count, (more) => {
      const plural = kind === 'immediate' ? counted(more, kind) : `${counted(more, kind)} of ${delay} ms`;
      return `${plural}${location ? `, created${at(location)}` : ''}`;
    });
  }
  return census;
}

/** @returns {Census} */
function handles() {
  const census = /** @type {Census} */ (new Map());
  for (const { kind, count, sites } of auditHandles({ limit: ALL }).handles) {
    const [site] = sites;
    add(census, kind, count, (more) => `${counted(more, 'handle')} of the kind ${kind}${site?.location ? `, listened to${at(site.location)}` : ''}`);
  }
  return census;
}

/** @param {Census} census @param {string} key @param {number} count @param {(count: number) => string} of */
function add(census, key, count, of) {
  census.set(key, { count: count + (census.get(key)?.count ?? 0), of });
}

/** What can be left behind, by the name of the assertion. @type {Record<string, { noun: string, take: () => Census }>} */
const KINDS_OF_REMAINS = {
  assertNoNewListeners: { noun: 'listeners', take: listeners },
  assertNoNewTimers: { noun: 'timers', take: timers },
  assertNoNewHandles: { noun: 'handles', take: handles },
};

const IGNORE = {
  expected: 'a list of texts and regular expressions',
  test: (/** @type {any} */ value) => Array.isArray(value) && value.every((rule) => KINDS.string.test(rule) || isRegExp(rule)),
};
const OPTIONS = { timeout: KINDS.positive, ignore: IGNORE };

/** Also those of another realm. @param {unknown} value */
const isRegExp = (value) => Object.prototype.toString.call(value) === '[object RegExp]';

/**
 * What is more than it was, without what is ignored: a line for people, and the rule that would ignore it in whatever number.
 * @param {Census} before
 * @param {Census} after
 * @param {(string | RegExp)[]} [ignore] parts of such lines, or of what they would say of one
 */
function more(before, after, ignore = []) {
  return [...after]
    .map(([key, { count, of }]) => ({ extra: count - (before.get(key)?.count ?? 0), of }))
    .filter(({ extra }) => extra > 0)
    .map(({ extra, of }) => ({ line: of(extra), rule: of(1).replace(/^1 /, '') }))
    .filter((found) => !ignore.some((rule) => Object.values(found).some((text) => (typeof rule === 'string' ? text.includes(rule) : rule.test(text)))))
    .sort((a, b) => (a.line < b.line ? -1 : 1));
}

/** @param {string} operator */
function assertion(operator) {
  const { noun, take } = KINDS_OF_REMAINS[operator];
  const assertNothingNew = async (/** @type {() => unknown} */ work, /** @type {object} */ options) => {
    checkArgument('work', KINDS.function, work);
    const { timeout, ignore } = checkOptions(options, OPTIONS);
    const rounds = new Rounds(work, { timeout });
    await quiet();
    const before = take();
    await rounds.run(1);
    await quiet();
    const found = more(before, take(), ignore);
    if (found.length > 0) throw new LeakAssertionError(left(`the work left ${noun} behind`, found), { operator });
  };
  Object.defineProperty(assertNothingNew, 'name', { value: operator });
  return assertNothingNew;
}

/** @param {string} head @param {{ line: string }[]} found */
function left(head, found) {
  const shownLines = found.slice(0, MOST_ROWS).map(({ line }) => `  ${line}`);
  const rest = found.length - shownLines.length;
  return [`${head}:`, ...shownLines, ...(rest > 0 ? [`  … and ${rest} more`] : [])].join('\n');
}

/** Everything that can be left behind, now. */
async function census() {
  await quiet();
  return Object.values(KINDS_OF_REMAINS).map(({ take }) => take());
}

module.exports = {
  assertNoNewListeners: assertion('assertNoNewListeners'),
  assertNoNewTimers: assertion('assertNoNewTimers'),
  assertNoNewHandles: assertion('assertNoNewHandles'),
  census,
  left,
  more,
};
