// @ts-check
'use strict';

/** The same routes for files that somebody looks at: no process behind them, so no captures, no audits and nothing to remove. */

const { statSync } = require('node:fs');
const path = require('node:path');
const { LeakscanError } = require('../errors.js');
const { Analyst } = require('./analyst.js');
const { Core } = require('./core.js');
const { notFound } = require('./failure.js');
const { fetchOf, handlerOf } = require('./faces.js');
const { Guard } = require('./guard.js');
const { listen } = require('./listen.js');
const { ROUTES } = require('./routes.js');

/** There is no token that somebody could enter again, so that of a link lasts as long as anybody will look. */
const SESSION_MS = 7 * 86_400_000;

/** Files that were given, by the order in which they were. */
class Files {
  /** @type {import('./store.js').Kept[]} */
  #kept;

  /** @param {string[]} files */
  constructor(files) {
    this.#kept = files.map((file, at) => {
      const { size, mtime } = statOf(file);
      return { id: at + 1, file: path.resolve(file), label: path.basename(file), takenAt: mtime.toISOString(), fileSize: size, size };
    });
  }

  /** @param {number} id */
  get(id) {
    const kept = this.#kept[id - 1];
    if (!kept) throw notFound(`snapshot ${id}`);
    return kept;
  }

  list() {
    return [...this.#kept];
  }

  /** What is known of a file once it has been read. @param {number} id @param {{ nodeCount: number, edgeCount: number, totalSize: number }} totals */
  note(id, totals) {
    Object.assign(this.get(id), totals);
  }

  /** @param {number} id @returns {never} */
  remove(id) {
    throw notFound(`way to remove snapshot ${id}`);
  }
}

/** @param {string} file */
function statOf(file) {
  try {
    return statSync(file);
  } catch (cause) {
    throw new LeakscanError('ERR_LEAKSCAN_IO', `${file}: ${/** @type {Error} */ (cause).message}`, { cause });
  }
}

/**
 * @param {object} options
 * @param {string[]} options.files the oldest first
 * @param {string} options.token
 * @param {'none' | 'preview'} [options.strings]
 * @param {any} [options.sourceMaps]
 * @param {string} [options.basePath]
 */
function openFiles({ files, token, strings = 'none', sourceMaps, basePath = '' }) {
  const guard = new Guard({ token, allowedHosts: [], sessionMs: SESSION_MS });
  const store = new Files(files);
  const analyst = new Analyst({ strings, sourceMaps, maxOpen: 2 });
  const options = { strings, allowDownload: false, allowForce: false };
  const core = new Core({ basePath, parts: { guard, store, analyst, options }, routes: ROUTES });
  const handler = handlerOf(core);
  /** @type {{ close(): Promise<void> }[]} */
  const listeners = [];
  return {
    handler,
    fetch: fetchOf(core),
    /**
     * Reads every file once: who looks at files wants to hear of a broken one before there is a page.
     * @param {{ signal?: AbortSignal }} [job]
     */
    async read({ signal } = {}) {
      for (const { id, file, size } of store.list()) {
        store.note(id, JSON.parse(await analyst.ask('totals', { snapshot: { id, file, size } }, signal)));
      }
    },
    /** @param {object} [where] */
    async listen(where) {
      const listener = await listen(handler, basePath, where);
      listeners.push(listener);
      return listener;
    },
    /** @param {{ ttl?: number }} [how] */
    ticket: ({ ttl } = {}) => guard.ticket(ttl),
    async close() {
      guard.close();
      await Promise.all(listeners.map((listener) => listener.close()));
      await analyst.close();
    },
  };
}

module.exports = { openFiles };
