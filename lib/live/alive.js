// @ts-check
'use strict';

/**
 * Why an object is still there: its heap-object id from the inspector, and its retaining paths from a captured snapshot.
 *
 * The object is only ever held weakly while this is found out, else leakscan would be the reason. That is why the functions
 * that get it make a weak reference of it and end; asynchronous work never sees it.
 */

const { setImmediate: turn, setTimeout: wait } = require('node:timers/promises');
const { WhyAlive } = require('../answer.js');
const { LeakscanArgumentError, LeakscanError } = require('../errors.js');
const { KINDS, checkOptions, shown } = require('../options.js');
const { capture } = require('./capture.js');
const { attempt, show, unavailable } = require('./session.js');
const { placeOf, shortened, size, worded } = require('./text.js');

const WHY_OPTIONS = { limit: KINDS.count, force: KINDS.boolean, signal: KINDS.signal };
const EXPECT_OPTIONS = { ...WHY_OPTIONS, timeout: KINDS.count };
/** The classes of objects that paths are told from: what leads to them is nobody's question. */
const BEGINNINGS = new Set(['process', 'global']);
const DEFAULT_LIMIT = 3;
const DEFAULT_TIMEOUT_MS = 5000;
/** Pauses between collections, each twice as long as the one before. */
const FIRST_PAUSE_MS = 10;
/** What others ask meanwhile is answered with the same snapshot. */
const GATHER_MS = 20;

/** @typedef {{ reference: WeakRef<object>, limit: number }} Question */

/**
 * Questions that the next snapshot answers.
 * @type {{ questions: (Question & { id?: number })[], answers: Promise<any[]> } | undefined}
 */
let next;

/**
 * Asks why an object is alive. All who ask at about the same time share one snapshot.
 * @param {Question} question
 * @param {{ force?: boolean, signal?: AbortSignal }} options
 * @returns {Promise<WhyAlive>}
 */
async function why(question, { force, signal }) {
  signal?.throwIfAborted();
  if (next === undefined) {
    /** @type {(Question & { id?: number })[]} */
    const questions = [];
    next = { questions, answers: answerAll(questions, force) };
  }
  const { questions, answers } = next;
  const at = questions.push(question) - 1;
  const all = await answers;
  signal?.throwIfAborted();
  return all[at];
}

/** @param {(Question & { id?: number })[]} questions @param {boolean | undefined} force */
async function answerAll(questions, force) {
  try {
    // Also lets go of what weak references hold until the end of a turn.
    await wait(GATHER_MS);
  } finally {
    next = undefined;
  }
  // Objects are found in the snapshot by what the inspector calls them: without it there is no use in one.
  if (show({}, () => true) === undefined) throw unavailable();
  const snapshot = await capture({ force });
  try {
    // An object has a number only once a snapshot was taken.
    for (const question of questions) question.id = heapIdOf(question.reference);
    const answers = [];
    for (const { id, limit } of questions) {
      answers.push(answer(snapshot, id, limit));
      await turn();
    }
    return answers;
  } finally {
    snapshot.dispose();
  }
}

/** V8's number for an object, the one that snapshots have. @param {WeakRef<object>} reference */
function heapIdOf(reference) {
  const object = reference.deref();
  if (object === undefined) return undefined;
  const found = show(object, (objectId, post) => post('HeapProfiler.getHeapObjectId', { objectId }));
  if (found === undefined) throw unavailable();
  return Number(found.heapSnapshotObjectId);
}

/** @param {import('../snapshot.js').Snapshot} snapshot @param {number | undefined} id @param {number} limit */
function answer(snapshot, id, limit) {
  if (id === undefined) return gone();
  let node;
  try {
    node = snapshot.node(id);
  } catch (error) {
    if (/** @type {any} */ (error).code === 'ERR_LEAKSCAN_UNKNOWN_NODE') return gone();
    throw error;
  }
  const paths = /** @type {any[][]} */ (snapshot.retainingPaths(id, { limit }));
  const { className, shallowSize, retainedSize, location } = node;
  const value = { schemaVersion: 1, alive: paths.length > 0, id, className, shallowSize, retainedSize, ...(location && { location }), paths };
  return new WhyAlive(worded(value, textOf));
}

function gone() {
  return new WhyAlive({ value: { schemaVersion: 1, alive: false, paths: [] }, text: () => 'It is not alive any more.\n' });
}

/** @param {any} answer */
function textOf({ className, retainedSize, paths }) {
  if (paths.length === 0) return 'Nothing keeps it alive.\n';
  const others = paths.length === 1 ? 'by' : `in ${paths.length} ways`;
  let text = `${shortened(className, 60)}, ${size(retainedSize)} with all that it keeps, is kept alive ${others}\n`;
  for (const path of paths) {
    const known = path.findLastIndex((/** @type {any} */ { node }) => node.type === 'object' && BEGINNINGS.has(node.className));
    const start = Math.max(0, known);
    text += `\n  ${nameOf(path[start].node)}\n`;
    path.slice(start + 1).forEach((/** @type {any} */ step, /** @type {number} */ at) => {
      const place = step.node.type === 'closure' && step.node.location ? `  ${placeOf(step.node.location)}` : '';
      text += `  ${'  '.repeat(Math.min(at, 20))}└ ${edgeOf(step)} → ${nameOf(step.node)}${place}\n`;
    });
  }
  return text;
}

/** @param {any} node */
function nameOf({ name, className, type }) {
  if (type === 'closure') return `function ${shortened(name, 60)}`;
  if (BEGINNINGS.has(className)) return className;
  return name === 'system / Context' ? 'scope' : shortened(name, 60);
}

/** @param {any} step */
function edgeOf({ edgeName, edgeType }) {
  const name = shortened(edgeName, 60);
  if (edgeType === 'property') return /^[<[]/.test(name) ? `[${name.replace(/^[<[]|[>\]]$/g, '')}]` : `.${name}`;
  if (edgeType === 'element') return `[${name}]`;
  if (edgeType === 'context') return `variable ${name}`;
  if (edgeType === 'omitted') return `… ${name} …`;
  return edgeType === 'hidden' ? '(hidden)' : `(${name})`;
}

/** @param {unknown} value @returns {WeakRef<object>} */
function weakly(value) {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) {
    throw new LeakscanArgumentError(`expected an object, found ${shown(value)}`);
  }
  return new WeakRef(value);
}

/**
 * What keeps a living object; see `index.d.ts`.
 * @param {unknown} object
 * @param {object} [options]
 * @returns {Promise<WhyAlive>}
 */
function whyAlive(object, options) {
  try {
    const { limit = DEFAULT_LIMIT, ...checked } = checkOptions(options, WHY_OPTIONS);
    return why({ reference: weakly(object), limit }, checked);
  } catch (error) {
    return Promise.reject(error);
  }
}

/**
 * Resolves when an object is collected, else rejects with what keeps it; see `index.d.ts`.
 * @param {unknown} object
 * @param {string} [label]
 * @param {object} [options]
 * @returns {Promise<void>}
 */
function expectCollected(object, label, options) {
  try {
    if (label !== undefined && typeof label !== 'string') {
      throw new LeakscanArgumentError(`expected \`label\` to be a string, found ${shown(label)}`);
    }
    return expectGone(weakly(object), label ?? 'an object', checkOptions(options, EXPECT_OPTIONS));
  } catch (error) {
    return Promise.reject(error);
  }
}

/**
 * @param {WeakRef<object>} reference
 * @param {string} label
 * @param {{ timeout?: number, limit?: number, force?: boolean, signal?: AbortSignal }} options
 */
async function expectGone(reference, label, { timeout = DEFAULT_TIMEOUT_MS, limit = DEFAULT_LIMIT, force, signal }) {
  const end = performance.now() + timeout;
  for (let pause = FIRST_PAUSE_MS; ; pause *= 2) {
    // A reference that was asked holds its object until the turn ends.
    await wait(Math.max(1, Math.min(pause, end - performance.now())), undefined, signal && { signal }).catch((error) => {
      throw signal?.aborted ? signal.reason : error;
    });
    collect();
    await turn();
    if (reference.deref() === undefined) return;
    if (performance.now() >= end) break;
  }
  let alive;
  let cause;
  try {
    alive = await why({ reference, limit }, { force, signal });
  } catch (error) {
    if (signal?.aborted) throw error;
    cause = error;
  }
  // The snapshot's own collections may have been the first to see that nothing keeps it.
  if (alive && !alive.alive) return;
  const reason = alive ? String(alive) : `what keeps it is not known: ${/** @type {Error} */ (cause).message}`;
  throw new LeakscanError('ERR_LEAKSCAN_LEAK', `expected ${label} to be collected within ${timeout} ms, but it is alive: ${reason}`, {
    ...(cause !== undefined && { cause }),
    alive,
  });
}

/** When objects were last collected: one collection is enough for all who wait. */
let collectedAt = -Infinity;

/** Collects all garbage now, as far as an inspector can. */
function collect() {
  if (performance.now() - collectedAt < FIRST_PAUSE_MS / 2) return;
  attempt((post) => post('HeapProfiler.collectGarbage'));
  collectedAt = performance.now();
}

module.exports = { expectCollected, whyAlive };
