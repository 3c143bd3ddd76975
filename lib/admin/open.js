// @ts-check
'use strict';

/** The same routes for files that somebody looks at: no process behind them, so no captures, no audits and nothing to remove. */

const { statSync } = require('node:fs');
const path = require('node:path');
const { Analyst } = require('./analyst.js');
const { Core } = require('./core.js');
const { notFound } = require('./failure.js');
const { fetchOf, handlerOf } = require('./faces.js');
const { Guard } = require('./guard.js');
const { listen } = require('./listen.js');
const { ROUTES } = require('./routes.js');

/** Files that were given, by the order in which they were. */
class Files {
  /** @type {import('./store.js').Kept[]} */
  #kept;

  /** @param {string[]} files */
  constructor(files) {
    this.#kept = files.map((file, at) => {
      const { size, mtime } = statSync(file);
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

  /** @param {number} id @returns {never} */
  remove(id) {
    throw notFound(`way to remove snapshot ${id}`);
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
  const guard = new Guard({ token, allowedHosts: [] });
  const analyst = new Analyst({ strings, sourceMaps, maxOpen: 2 });
  const options = { strings, allowDownload: false, allowForce: false };
  const core = new Core({ basePath, parts: { guard, store: new Files(files), analyst, options }, routes: ROUTES });
  const handler = handlerOf(core);
  /** @type {{ close(): Promise<void> }[]} */
  const listeners = [];
  return {
    handler,
    fetch: fetchOf(core),
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
