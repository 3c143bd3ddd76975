// @ts-check
'use strict';

/**
 * The program of the child process of `isolate: 'process'` (see `process.js`): opens snapshots, keeps them, and answers about
 * them with the very functions that a process without a child uses. It ends with its parent, however that ends.
 */

const { writeFileSync } = require('node:fs');
const { PassThrough } = require('node:stream');
const analyze = require('../analyze.js');
const { LeakscanError } = require('../errors.js');
const { parseAsync } = require('../load.js');
const { ABANDONED, END, frames } = require('./pipe.js');

/** Bytes that may wait in an upload before the pipe is left alone. */
const HIGH_WATER = 1 << 20;
/** The names under which answers are asked for. */
const ANSWERS = { summarize: analyze.summarizeAsync, trend: analyze.trendAsync, listeners: analyze.auditListenersAsync };

/** By the number of the call that opened them. @type {Map<number, import('../snapshot.js').Snapshot>} */
const snapshots = new Map();
/** Comparisons, for the ids that they have: by the numbers of their snapshots. @type {Map<string, import('../answer.js').Diff>} */
const diffs = new Map();
/** Of the admin endpoint, which asks nothing else. @type {import('../admin/desk.js').Desk | undefined} */
let desk;
/** What is under way. @type {Map<number, AbortController>} */
const calls = new Map();
/** @type {Map<number, PassThrough>} */
const uploads = new Map();

/** @param {object} message */
const send = (message) => /** @type {any} */ (process).send(message, () => {});

/** The bytes that come under a number; the question and its first bytes come in any order. @param {number} id */
function upload(id) {
  let stream = uploads.get(id);
  if (stream === undefined) {
    stream = new PassThrough({ highWaterMark: HIGH_WATER });
    // Who reads it is told; who does not, need not be.
    stream.on('error', () => {});
    uploads.set(id, stream);
  }
  return stream;
}

process.stdin.on(
  'data',
  frames((id, bytes) => {
    const stream = upload(id);
    if (typeof bytes !== 'number') {
      if (stream.destroyed || stream.write(bytes)) return;
      process.stdin.pause();
      const resume = () => {
        stream.off('drain', resume);
        stream.off('close', resume);
        process.stdin.resume();
      };
      stream.on('drain', resume).on('close', resume);
      return;
    }
    uploads.delete(id);
    if (bytes === END) stream.end();
    else if (bytes === ABANDONED) stream.destroy(new Error('the source failed'));
  }),
);

/** @typedef {{ path: string } | { upload: number } | { snapshot: number }} Part */

/** What the functions of leakscan take. @param {Part} part */
function subject(part) {
  if ('path' in part) return part.path;
  return 'upload' in part ? upload(part.upload) : kept(part.snapshot);
}

/** @param {number} id */
function kept(id) {
  const snapshot = snapshots.get(id);
  if (snapshot === undefined) throw new LeakscanError('ERR_LEAKSCAN_DISPOSED', 'the snapshot was disposed');
  return snapshot;
}

/** An answer as JSON, for its text is made by the parent. @param {object} answer */
const written = (answer) => JSON.stringify(answer);

/** @type {Record<string, (question: any, job: { signal: AbortSignal, onProgress: (progress: object) => void }) => Promise<unknown>>} */
const works = {
  async ready() {},

  async open({ id, part, options }, job) {
    const snapshot = /** @type {import('../snapshot.js').Snapshot} */ (await parseAsync(subject(part), { ...options, ...job }));
    snapshots.set(id, snapshot);
    return { id, totals: snapshot.toJSON() };
  },

  async ask({ snapshot, question, args }) {
    return /** @type {any} */ (kept(snapshot))[question](...args);
  },

  async answer({ name, parts, options }, job) {
    const subjects = parts.map(subject);
    return written(await ANSWERS[/** @type {keyof typeof ANSWERS} */ (name)](subjects, { ...options, ...job }));
  },

  async diff({ parts, options }, job) {
    return written(await compare(parts, options, job));
  },

  desk({ settings, question, args }, job) {
    desk ??= new (require('../admin/desk.js').Desk)(settings);
    return desk.answer(question, args, job);
  },

  async added({ parts, options, args }, job) {
    const key = keyOf(parts, options);
    return (diffs.get(key) ?? (await compare(parts, options, job))).added(args[0], args[1]);
  },
};

/** @param {any[]} parts @param {object} options */
const keyOf = (parts, options) => JSON.stringify([parts.map(({ snapshot }) => snapshot), options]);

/** @param {any[]} parts @param {object} options @param {object} job */
async function compare(parts, options, job) {
  const diff = await analyze.diffAsync(subject(parts[0]), subject(parts[1]), { ...options, ...job });
  if (parts.every((part) => 'snapshot' in part)) diffs.set(keyOf(parts, options), diff);
  return diff;
}

/** Stops what is under way, or lets go of what it opened. @param {number} id */
function drop(id) {
  calls.get(id)?.abort();
  snapshots.get(id)?.dispose();
  snapshots.delete(id);
  for (const key of diffs.keys()) if (JSON.parse(key)[0].includes(id)) diffs.delete(key);
}

/** @param {any} error */
function failure(error) {
  const { code, message, section, offset } = error;
  return { code: String(code).startsWith('ERR_LEAKSCAN_') ? code : 'ERR_LEAKSCAN_INTERNAL', message: String(message), section, offset };
}

process.on('message', async (/** @type {any} */ question) => {
  if ('drop' in question) return drop(question.drop);
  const { id, work } = question;
  const controller = new AbortController();
  calls.set(id, controller);
  try {
    const value = await works[work](question, { signal: controller.signal, onProgress: (progress) => send({ id, progress }) });
    // What was dropped in its last moment is nobody's.
    if (controller.signal.aborted) drop(id);
    send({ id, value });
  } catch (error) {
    send({ id, error: failure(error) });
  } finally {
    calls.delete(id);
  }
});

// The parent has ended, or let go.
process.on('disconnect', () => process.exit());
process.stdin.on('end', () => process.exit());
// A terminal's Ctrl+C is for the parent to decide.
for (const signal of ['SIGINT', 'SIGHUP']) process.on(signal, () => {});
try {
  // Should memory run out, then this process goes, and not the service (Linux).
  writeFileSync('/proc/self/oom_score_adj', '1000');
} catch {
  // Then as the system thinks best.
}
