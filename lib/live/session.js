// @ts-check
'use strict';

/**
 * The inspector session of this thread: one, and for good. V8 numbers the heap's objects anew when a session ends (seen in
 * Node.js 20 to 26), and two snapshots around that would share no ids. A session costs nothing while it is not asked.
 */

/** @type {{ post(method: string, params?: object): any } | null | undefined} */
let shared;

/** Connects to this thread's own inspector; `undefined` where there is none (`--permission`, a build without it). */
function session() {
  if (shared !== undefined) return shared ?? undefined;
  try {
    const { Session } = require('node:inspector');
    const own = new Session();
    own.connect();
    shared = { post: (method, params) => post(own, method, params) };
  } catch {
    shared = null;
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
  own.post(/** @type {any} */ (method), /** @type {any} */ (params ?? {}), (/** @type {any} */ error, /** @type {any} */ result) => {
    failure = error;
    answer = result;
  });
  if (failure) throw Object.assign(new Error(`${method}: ${failure.message}`), { code: failure.code });
  return answer;
}

/**
 * Lets V8 build the line tables of all scripts. Without them V8 11 (Node.js 20) looks for the line of each function from
 * the start of its script, which makes the snapshot of a service with large scripts many times slower; later ones do not.
 */
function buildLineTables() {
  if (Number(process.versions.v8.split('.')[0]) >= 12) return;
  try {
    const own = session();
    own?.post('Debugger.enable');
    own?.post('Debugger.disable');
  } catch {
    // Slower, not wrong.
  }
}

module.exports = { session, buildLineTables };
