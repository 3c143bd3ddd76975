// @ts-check
'use strict';

const native = require('../native.js');
const { fromNative } = require('./errors.js');
const { runJob } = require('./job.js');

/**
 * Runs something native now; its failures become errors of this realm.
 *
 * @template T
 * @param {() => T} call
 * @param {string} [subject] what a failure is about
 * @returns {T}
 */
function now(call, subject) {
  try {
    return call();
  } catch (thrown) {
    throw fromNative(thrown, subject);
  }
}

/**
 * A question as JSON. Strings that hold lone surrogates are written as their UTF-16 units.
 * @param {object} question
 */
function write(question) {
  return JSON.stringify(question, (_, value) => {
    if (typeof value !== 'string' || value.isWellFormed()) return value;
    return Array.from({ length: value.length }, (_, i) => value.charCodeAt(i));
  });
}

/**
 * Asks the native side something about snapshots, now.
 *
 * @param {any[]} handles
 * @param {object} question its fields are named in `src/binding/questions.rs`
 * @returns {any}
 */
function ask(handles, question) {
  return JSON.parse(now(() => native.ask(handles, write(question))));
}

/**
 * Asks for an answer that can be told, now; what comes is its handle.
 *
 * @param {any[]} handles
 * @param {object} question its fields are named in `src/binding/questions.rs`
 * @returns {any}
 */
function tell(handles, question) {
  return now(() => native.tell(handles, write(question)));
}

/**
 * The same off the event loop.
 *
 * @param {any[]} handles
 * @param {object} question
 * @param {{ signal?: AbortSignal, onProgress?: (progress: object) => void }} job
 * @returns {Promise<any>}
 */
function tellAsync(handles, question, job) {
  const text = write(question);
  return runJob(job, (cancellation, listener) => native.tellJob(handles, text, cancellation, listener));
}

module.exports = { ask, now, tell, tellAsync, write };
