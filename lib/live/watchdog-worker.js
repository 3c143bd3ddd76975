// @ts-check
'use strict';

/** The worker of a watchdog: waits until the main thread has not beaten for too long, and looks into it, once per stop. */

const { writeFileSync } = require('node:fs');
const { Session } = require('node:inspector');
const path = require('node:path');
const { parentPort, workerData } = require('node:worker_threads');
const { fileURLToPath } = require('node:url');
const { AT } = require('./expected-pause.js');

const { shared, timeout, directory, limit, snapshot, force } = workerData;
/** How long an answer may take: V8 serves the inspector in the middle of any loop, but not in the middle of native code. */
const ANSWER_MS = 2000;
/** And how long a snapshot may: while V8 builds and writes it, nothing else is served. */
const SNAPSHOT_MS = 600_000;
const MOST_FRAMES = 50;

/** Made when it is first needed, and never ended: see session.js. @type {Session | undefined} */
let session;
/** @type {((params: any) => void) | undefined} */
let onPaused;

function connect() {
  if (session) return session;
  const own = new Session();
  own.connectToMainThread();
  own.on('Debugger.paused', ({ params }) => {
    // Whatever happens, and however late it comes: the main thread goes on.
    own.post('Debugger.resume', () => {});
    onPaused?.(params);
  });
  session = own;
  return own;
}

/** @param {string} method @param {object} [params] @param {number} [ms] @returns {Promise<any>} nothing when there is no answer in time */
function ask(method, params = {}, ms = ANSWER_MS) {
  const own = connect();
  return new Promise((resolve) => {
    const late = setTimeout(() => resolve(undefined), ms);
    own.post(/** @type {any} */ (method), /** @type {any} */ (params), (/** @type {any} */ error, /** @type {any} */ result) => {
      clearTimeout(late);
      resolve(error ? undefined : result);
    });
  });
}

/** Where the main thread is. */
async function stack() {
  /** @type {Map<string, string>} */
  const scripts = new Map();
  const parsed = (/** @type {any} */ { params }) => scripts.set(params.scriptId, params.url);
  const own = connect();
  own.on('Debugger.scriptParsed', parsed);
  try {
    if ((await ask('Debugger.enable')) === undefined) return undefined;
    /** @type {Promise<any>} */
    const paused = new Promise((resolve) => {
      const late = setTimeout(() => resolve(undefined), ANSWER_MS);
      onPaused = (params) => {
        clearTimeout(late);
        resolve(params);
      };
    });
    await ask('Debugger.pause');
    const params = await paused;
    return params?.callFrames.slice(0, MOST_FRAMES).map((/** @type {any} */ { functionName, location, url }) => ({
      url: pathOf(url || scripts.get(location.scriptId) || ''),
      line: location.lineNumber + 1,
      column: (location.columnNumber ?? 0) + 1,
      functionName,
    }));
  } finally {
    onPaused = undefined;
    own.post('Debugger.disable', () => {});
    own.off('Debugger.scriptParsed', parsed);
  }
}

/** @param {string} url */
function pathOf(url) {
  try {
    return url.startsWith('file:') ? fileURLToPath(url) : url;
  } catch {
    return url;
  }
}

/** Evaluates in the main thread what watchdog.js has put there. @param {string} call @param {number} [ms] */
async function examine(call, ms) {
  const expression = `globalThis[Symbol.for('leakscan.examine')]?.${call}`;
  return (await ask('Runtime.evaluate', { expression, returnByValue: true }, ms))?.result;
}

/** A snapshot of the thread as it is stuck, beside the report. @param {string} file @returns {Promise<object>} */
async function captured(file) {
  const result = await examine(`snapshot(${JSON.stringify(file)}, ${force})`, SNAPSHOT_MS);
  if (result?.type === 'undefined') return { snapshot: file };
  return { snapshotMissing: typeof result?.value === 'string' ? result.value : 'the thread did not answer' };
}

/** @param {number} stuckForMs @param {number} number */
async function report(stuckForMs, number) {
  // Two debuggers would fight over the pause.
  const isDebugged = Atomics.load(shared, 1) === 1;
  const frames = isDebugged ? undefined : await stack();
  const examined = (await examine('call()'))?.value;
  const answer = {
    schemaVersion: 1,
    time: Date.now(),
    stuckForMs: Math.round(stuckForMs),
    ...(frames && { stack: frames }),
    ...(typeof examined === 'string' ? JSON.parse(examined) : {}),
    note: isDebugged
      ? 'a debugger may be attached: the thread was not paused'
      : frames === undefined
        ? 'the thread does not answer the inspector: it is in native code, such as a synchronous system call'
        : 'stuck in JavaScript',
  };
  if (directory === undefined) return answer;
  const base = path.join(directory, `leakscan-stuck-${process.pid}-${number}`);
  const file = `${base}.json`;
  // The report first: a snapshot takes seconds, and the thread may be ended meanwhile.
  writeFileSync(file, JSON.stringify(answer), { mode: 0o600 });
  if (!snapshot || typeof examined !== 'string') return { ...answer, file };
  const told = { ...answer, ...(await captured(`${base}.heapsnapshot`)) };
  writeFileSync(file, JSON.stringify(told), { mode: 0o600 });
  return { ...told, file };
}

async function main() {
  let beats = Atomics.load(shared, 0);
  let since = performance.now();
  let told = false;
  let count = 0;
  // It never ends by itself: with the worker its session would end, and V8 would number all objects anew.
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, timeout / 4));
    const now = Atomics.load(shared, 0);
    if (now !== beats || Atomics.load(shared, AT) > 0) {
      beats = now;
      since = performance.now();
      told = false;
    } else if (!told && count < limit && performance.now() - since >= timeout) {
      told = true;
      count++;
      const answer = await report(performance.now() - since, count);
      parentPort?.postMessage(answer);
    }
  }
}

main();
