// @ts-check
'use strict';

/**
 * The inspector session of this thread: one, and for good. V8 numbers the heap's objects anew when a session ends (seen in
 * Node.js 20 to 26), and two snapshots around that would share no ids. A session costs nothing while it is not asked.
 */

const { LeakscanError } = require('../errors.js');

/**
 * @typedef {object} Connection
 * @property {(method: string, params?: object) => any} post
 * @property {(event: string, listener: (params: any) => void) => () => void} on returns what removes the listener
 */

/** @type {Connection | null | undefined} */
let shared;

/** Why the inspector did not answer when it was last asked. @type {string | undefined} */
let trouble;

/** What answers lack for want of an inspector, in words; nothing if they lack nothing. @param {string} what */
const missing = (what) => (trouble === undefined ? {} : { missing: `${what}: ${trouble}` });

/** Connects to this thread's own inspector; `undefined` where there is none (`--permission`, a build without it). */
function session() {
  if (shared !== undefined) return shared ?? undefined;
  try {
    const { Session } = require('node:inspector');
    const own = new Session();
    own.connect();
    shared = {
      post: (method, params) => post(own, method, params),
      on(event, listener) {
        const hear = (/** @type {any} */ message) => listener(message.params);
        own.on(event, hear);
        return () => own.off(event, hear);
      },
    };
  } catch (error) {
    shared = null;
    trouble = `there is no inspector in this process (${/** @type {Error} */ (error).message})`;
  }
  return shared ?? undefined;
}

/**
 * Asks; V8 answers a session of the same thread before `post` returns.
 * @param {import('node:inspector').Session} own
 * @param {string} method
 * @param {object} [params]
 */
function post(own, method, params) {
  /** @type {any} */
  let failure;
  /** @type {any} */
  let answer;
  try {
    own.post(/** @type {any} */ (method), /** @type {any} */ (params ?? {}), (/** @type {any} */ error, /** @type {any} */ result) => {
      failure = error;
      answer = result;
    });
  } catch (error) {
    // A session that somebody has closed.
    failure = error;
  }
  if (failure) throw Object.assign(new Error(`${method}: ${failure.message}`), { code: failure.code, isInspectors: true });
  return answer;
}

/**
 * Asks for what an answer can do without: an inspector that fails is as good as none.
 * @template T
 * @param {(post: (method: string, params?: object) => any) => T} ask
 * @returns {T | undefined}
 */
function attempt(ask) {
  const own = session();
  if (own === undefined) return undefined;
  try {
    const answer = ask(own.post);
    trouble = undefined;
    return answer;
  } catch (error) {
    if (!(/** @type {any} */ (error).isInspectors)) throw error;
    trouble = `the inspector failed (${/** @type {Error} */ (error).message})`;
    return undefined;
  }
}

/**
 * Asks for what cannot be done without.
 * @template T
 * @param {(post: (method: string, params?: object) => any) => T} ask
 * @returns {T}
 */
function demand(ask) {
  /** @type {{ value: T } | undefined} */
  const answer = attempt((post) => ({ value: ask(post) }));
  if (answer === undefined) throw unavailable();
  return answer.value;
}

const unavailable = () => new LeakscanError('ERR_LEAKSCAN_UNSUPPORTED', `expected an inspector in this process: ${trouble}`);

/** Where the inspector finds what JavaScript shows it. */
const HAND = Symbol.for('leakscan.hand');
/** An expression for it: in the main context, and (for tests that run in contexts of their own) through a module all share. */
const IN_HAND = `(globalThis[Symbol.for('leakscan.hand')] ?? process.getBuiltinModule?.('node:events')[Symbol.for('leakscan.hand')])`;
/** Remote objects of one question, released together: each keeps its object alive. */
const GROUP = 'leakscan';

/**
 * Shows a value to the inspector, and asks about it; nothing of it stays behind.
 *
 * @template T
 * @param {any} value
 * @param {(objectId: string, post: (method: string, params?: object) => any) => T} ask
 * @returns {T | undefined} nothing where there is no inspector, or one that fails
 */
function show(value, ask) {
  return attempt((post) => {
    hand(value);
    try {
      const { result } = post('Runtime.evaluate', { expression: IN_HAND, objectGroup: GROUP });
      return ask(result.objectId, post);
    } finally {
      hand(undefined);
      post('Runtime.releaseObjectGroup', { objectGroup: GROUP });
    }
  });
}

/** @param {any} value */
function hand(value) {
  for (const place of [globalThis, require('node:events')]) {
    if (value === undefined) Reflect.deleteProperty(place, HAND);
    else Reflect.defineProperty(place, HAND, { value, configurable: true, writable: true });
  }
}

/**
 * Every living object that inherits from a prototype. V8 collects garbage and walks the heap: about 1 ms per 1,000 objects
 * of the whole heap, during which the thread stands still.
 *
 * @param {object} prototype
 * @returns {any[] | undefined} nothing where there is no inspector; to be let go of soon
 */
function livingObjects(prototype) {
  /** @type {any[] | undefined} */
  let found;
  show(prototype, (objectId, post) => {
    const { objects } = post('Runtime.queryObjects', { prototypeObjectId: objectId, objectGroup: GROUP });
    found = take(objects.objectId, post);
  });
  return found;
}

/**
 * The very object that the inspector speaks of, while something is shown to it.
 * @param {string} objectId
 * @param {(method: string, params?: object) => any} post
 */
function take(objectId, post) {
  /** @type {any} */
  let taken;
  hand((/** @type {any} */ object) => (taken = object));
  post('Runtime.callFunctionOn', { objectId, functionDeclaration: `function () { ${IN_HAND}(this) }` });
  return taken;
}

/**
 * Lets V8 build the line tables of all scripts. Without them V8 11 (Node.js 20) looks for the line of each function from
 * the start of its script, which makes the snapshot of a service with large scripts many times slower; later ones do not.
 */
function buildLineTables() {
  if (Number(process.versions.v8.split('.')[0]) >= 12) return;
  // Without them it is slower, not wrong.
  attempt((post) => {
    post('Debugger.enable');
    post('Debugger.disable');
  });
}

module.exports = { GROUP, attempt, demand, buildLineTables, livingObjects, missing, session, show, take, unavailable };
