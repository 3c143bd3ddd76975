// @ts-check
'use strict';

/**
 * Answers questions about snapshot files, for a thread or process of its own: the snapshots in use stay open, a bounded number of them,
 * the one that was asked for longest ago being closed first. Nothing leaves it that {@link ./disclosure.js} does not let out.
 */

const { createReadStream, createWriteStream, existsSync, renameSync, rmSync } = require('node:fs');
const { pipeline } = require('node:stream/promises');
const zlib = require('node:zlib');
const { auditListenersAsync, diffAsync, summarizeAsync, trendAsync } = require('../analyze.js');
const { LeakscanError } = require('../errors.js');
const { parseAsync } = require('../load.js');
const { availableMemory } = require('../live/memory.js');
const { size } = require('../live/text.js');
const { Disclosure, NO_STRINGS, searchedBy } = require('./disclosure.js');

/** Answers to whole series are kept: they take longest, and snapshots do not change. */
const MOST_ANSWERS = 16;
/** Lists that are kept, for the windows on them. */
const MOST_LISTS = 4;
const MOST_STRINGS = 10_000;
/** Nodes that are looked at when a search asks for names. */
const MOST_NAMED = 10_000;
const ALL = Number.MAX_SAFE_INTEGER;

/** A few values by key; the one that was asked for longest ago goes first. @template T */
class Recent {
  /** @type {Map<string, T>} */
  #values = new Map();
  #most;
  #onDrop;

  /** @param {number} most @param {(value: T) => void} [onDrop] */
  constructor(most, onDrop = () => {}) {
    this.#most = most;
    this.#onDrop = onDrop;
  }

  /** @param {string} key */
  get(key) {
    const value = this.#values.get(key);
    if (value === undefined) return undefined;
    this.#values.delete(key);
    this.#values.set(key, value);
    return value;
  }

  /** @param {string} key @param {T} value */
  set(key, value) {
    this.#values.set(key, value);
    while (this.#values.size > this.#most) this.drop(/** @type {string} */ (this.#values.keys().next().value));
  }

  /** @param {string} key */
  drop(key) {
    const value = this.#values.get(key);
    this.#values.delete(key);
    if (value !== undefined) this.#onDrop(value);
  }

  keys() {
    return [...this.#values.keys()];
  }
}

/** @typedef {{ id: number, file: string, size: number }} Kept a snapshot on disk; `size` is what it takes in memory, about */
/** @typedef {{ signal: AbortSignal }} Job */

class Desk {
  /** @type {Promise<unknown>} */
  #last = Promise.resolve();
  #disclosure;
  #strings;
  #sourceMaps;
  #open;
  /** Files that have another name since. @type {Map<number, string>} */
  #moved = new Map();
  /** @type {Recent<string>} */
  #answers = new Recent(MOST_ANSWERS);
  /** @type {Recent<any[]>} */
  #lists = new Recent(MOST_LISTS);
  /** The last comparison, by its two snapshots. @type {{ key: string, diff: import('../answer.js').Diff } | undefined} */
  #compared;

  /** @param {{ strings: 'none' | 'preview', sourceMaps?: any, maxOpen: number }} options */
  constructor({ strings, sourceMaps, maxOpen }) {
    this.#disclosure = new Disclosure(strings);
    this.#strings = strings;
    this.#sourceMaps = sourceMaps;
    this.#open = new Recent(maxOpen, (/** @type {import('../snapshot.js').Snapshot} */ snapshot) => snapshot.dispose());
  }

  /**
   * Answers when all that was asked before has been answered: two questions at a time would need twice the memory.
   * @param {string} question of {@link QUESTIONS}
   * @param {any} args
   * @param {Job} job
   * @returns {Promise<string>} JSON
   */
  answer(question, args, job) {
    const answer = this.#last.then(async () => {
      job.signal.throwIfAborted();
      return JSON.stringify(await QUESTIONS[question](this, args, job));
    });
    this.#last = answer.catch(() => {});
    return answer;
  }

  /** A snapshot that somebody else has opened. It is let go of as the others are. @param {number} id @param {import('../snapshot.js').Snapshot} snapshot */
  lend(id, snapshot) {
    this.#open.set(String(id), snapshot);
  }

  get showsStrings() {
    return this.#strings === 'preview';
  }

  get disclosure() {
    return this.#disclosure;
  }

  /** Where a snapshot is now: it may have been compressed, or removed, while the question waited. @param {Kept} kept */
  fileOf({ id, file }) {
    const place = this.#moved.get(id) ?? file;
    if (!existsSync(place)) throw new LeakscanError('ERR_LEAKSCAN_NOT_FOUND', `there is no snapshot ${id} any more`);
    return place;
  }

  /** @param {number} id @param {string} file */
  moved(id, file) {
    this.#moved.set(id, file);
  }

  /** @param {Kept} kept @param {Job} job */
  async snapshot(kept, { signal }) {
    const key = String(kept.id);
    const open = this.#open.get(key);
    if (open) return open;
    const file = this.fileOf(kept);
    mustFit(kept.size);
    const snapshot = /** @type {import('../snapshot.js').Snapshot} */ (await parseAsync(file, { signal }));
    this.#open.set(key, snapshot);
    return snapshot;
  }

  /** All class rows in one order. @param {Kept} kept @param {{ sortBy?: string, filter?: string }} query @param {Job} job */
  async classes(kept, { sortBy, filter }, job) {
    const key = JSON.stringify([kept.id, sortBy, filter]);
    const known = this.#lists.get(key);
    if (known !== undefined) return known;
    const snapshot = await this.snapshot(kept, job);
    const wanted = filter?.toLowerCase();
    /** @type {any[]} */
    const all = snapshot.classes({ limit: ALL, ...(sortBy && { sortBy }), ...(filter && { filter }) });
    // A filter finds what is shown: else it would tell of what is not.
    const rows = wanted === undefined ? all : all.filter((row) => this.#disclosure.classRow(row).name.toLowerCase().includes(wanted));
    this.#lists.set(key, rows);
    return rows;
  }

  /** The texts that waste most. Every question for them reads all strings of the heap, so they are kept. @param {Kept} kept @param {Job} job */
  async strings(kept, job) {
    const key = JSON.stringify([kept.id, 'strings']);
    const rows = this.#lists.get(key) ?? (await this.snapshot(kept, job)).duplicateStrings({ limit: MOST_STRINGS });
    this.#lists.set(key, rows);
    return rows;
  }

  /** The class of a key that was given out. @param {Kept} kept @param {string} given @param {Job} job */
  async classOf(kept, given, job) {
    const rows = await this.classes(kept, {}, job);
    const row = rows.find((it) => this.#disclosure.isKey(given, it)) ?? rows.find((it) => it.name === given && this.#disclosure.classRow(it).name === given);
    if (row === undefined) throw new LeakscanError('ERR_LEAKSCAN_NOT_FOUND', 'no object of the snapshot is of this class');
    return row;
  }

  /** @param {Kept} before @param {Kept} after @param {Job} job */
  async diff(before, after, job) {
    const key = `${before.id},${after.id}`;
    if (this.#compared?.key !== key || this.#open.get(String(before.id)) === undefined || this.#open.get(String(after.id)) === undefined) {
      this.#compared = undefined;
      const [older, newer] = [await this.snapshot(before, job), await this.snapshot(after, job)];
      this.#compared = { key, diff: await diffAsync(older, newer, job) };
    }
    return this.#compared.diff;
  }

  /** The options of summaries and trends. @param {any} query */
  plan({ rounds, unit, limit, ignore }) {
    const known = { strings: this.#strings, sourceMaps: this.#sourceMaps, unit, limit, ignore, rounds: rounds?.length === 1 ? rounds[0] : rounds };
    return Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined));
  }

  /**
   * The answer to a question about a series, which was given before or is made now.
   * @param {string} name
   * @param {{ series: Kept[], query: any }} args
   * @param {Job} job
   * @param {(parts: any[], options: any) => Promise<object>} make
   */
  async series(name, { series, query }, job, make) {
    const key = JSON.stringify([name, series.map(({ id }) => id), query]);
    let json = this.#answers.get(key);
    if (json === undefined) {
      const parts = await this.#parts(series, job);
      json = JSON.stringify(await make(parts, this.plan(query)));
      this.#answers.set(key, json);
    }
    return JSON.parse(json);
  }

  /**
   * One or two snapshots stay open, for what is asked next; of more, two are open at a time.
   * @param {Kept[]} series
   * @param {Job} job
   */
  async #parts(series, job) {
    if (series.length <= 2) {
      const parts = [];
      for (const kept of series) parts.push(await this.snapshot(kept, job));
      return parts;
    }
    const [largest, next] = series.map(({ size }) => size).sort((a, b) => b - a);
    mustFit(largest + next);
    return series.map((kept) => this.#open.get(String(kept.id)) ?? this.fileOf(kept));
  }

  /** A snapshot is no more. @param {number} id */
  forget(id) {
    const mentions = (/** @type {string} */ key) => JSON.parse(key).flat().includes(id);
    for (const list of [this.#answers, this.#lists]) for (const key of list.keys().filter(mentions)) list.drop(key);
    if (this.#compared?.key.split(',').includes(String(id))) this.#compared = undefined;
    this.#open.drop(String(id));
    this.#moved.delete(id);
  }
}

/** Refuses what needs more memory than there is: a snapshot takes about as much as its file is long. @param {number} needed */
function mustFit(needed) {
  const { available } = availableMemory();
  if (needed <= available) return;
  throw new LeakscanError('ERR_LEAKSCAN_MEMORY', `this needs about ${size(needed)} of memory, ${size(available)} are available`);
}

/** A window on a list of which all is known. @param {any[]} rows @param {{ limit: number, offset: number }} query */
const windowOf = (rows, { limit, offset }) => ({ total: rows.length, offset, rows: rows.slice(offset, offset + limit) });

/** A window on a list whose length nobody knows: one row more was asked for. @param {any[]} rows @param {{ limit: number, offset: number }} query */
const openWindow = (rows, { limit, offset }) =>
  rows.length > limit ? { total: null, offset, rows: rows.slice(0, limit) } : { total: offset + rows.length, offset, rows };

/** @type {Record<string, (desk: Desk, args: any, job: Job) => Promise<any>>} */
const QUESTIONS = {
  summary: (desk, args, job) =>
    desk.series('summary', args, job, (parts, options) => summarizeAsync(parts.length === 1 ? parts[0] : parts, { ...options, ...job })),

  trend: (desk, args, job) => desk.series('trend', args, job, (parts, options) => trendAsync(parts, { ...options, ...job })),

  listeners: (desk, args, job) =>
    desk.series('listeners', args, job, (parts, { limit, sourceMaps }) =>
      auditListenersAsync(parts, { limit, ...(sourceMaps !== undefined && { sourceMaps }), ...job }),
    ),

  async diff(desk, { before, after, query: { limit, offset, sortBy, filter } }, job) {
    const { classes, ...diff } = desk.disclosure.diff((await desk.diff(before, after, job)).toJSON());
    const wanted = filter?.toLowerCase();
    const rows = wanted === undefined ? classes : classes.filter((/** @type {any} */ { name }) => name.toLowerCase().includes(wanted));
    if (sortBy === 'name') rows.sort((/** @type {any} */ a, /** @type {any} */ b) => (a.name < b.name ? -1 : 1));
    else if (sortBy !== undefined) rows.sort((/** @type {any} */ a, /** @type {any} */ b) => b[sortBy] - a[sortBy]);
    return { ...diff, total: rows.length, offset, classes: rows.slice(offset, offset + limit) };
  },

  async added(desk, { before, after, query: { class: given, limit, offset } }, job) {
    const diff = /** @type {any} */ (await desk.diff(before, after, job));
    const row = diff.classes.find((/** @type {any} */ it) => desk.disclosure.isKey(given, it));
    if (row === undefined) throw new LeakscanError('ERR_LEAKSCAN_NOT_FOUND', 'no class of the comparison has this key');
    const snapshot = await desk.snapshot(after, job);
    const rows = diff.added(row.key, { limit, offset }).map((/** @type {number} */ id) => desk.disclosure.node(snapshot.node(id)));
    return { total: diff.identity === 'same-process' ? row.addedCount : 0, offset, rows };
  },

  async classes(desk, { snapshot, query }, job) {
    const { rows, ...window } = windowOf(await desk.classes(snapshot, query, job), query);
    return { ...window, rows: rows.map((row) => desk.disclosure.classRow(row)) };
  },

  async instances(desk, { snapshot, query: { class: given, ...window } }, job) {
    const row = await desk.classOf(snapshot, given, job);
    const nodes = (await desk.snapshot(snapshot, job)).instances(row.key, window);
    return { total: row.count, offset: window.offset, rows: nodes.map((/** @type {any} */ node) => desk.disclosure.node(node)) };
  },

  node: async (desk, { snapshot, id }, job) => desk.disclosure.node((await desk.snapshot(snapshot, job)).node(id)),

  async edges(desk, { snapshot, id, query }, job) {
    const open = await desk.snapshot(snapshot, job);
    const rows = open.edges(id, query).map((/** @type {any} */ edge) => desk.disclosure.edge(edge));
    return { total: open.node(id).edgeCount, offset: query.offset, rows };
  },

  async retainers(desk, { snapshot, id, query }, job) {
    const open = await desk.snapshot(snapshot, job);
    const rows = open.retainers(id, query).map((/** @type {any} */ edge) => desk.disclosure.edge(edge));
    // Not all that are counted are shown: a list that ends tells how long it is.
    const total = rows.length < query.limit ? query.offset + rows.length : open.node(id).retainerCount;
    return { total, offset: query.offset, rows };
  },

  async paths(desk, { snapshot, id, query }, job) {
    const rows = (await desk.snapshot(snapshot, job)).retainingPaths(id, query);
    return { total: rows.length, offset: 0, rows };
  },

  async dominated(desk, { snapshot, id, query }, job) {
    const open = await desk.snapshot(snapshot, job);
    const rows = open.dominated(id ?? rootOf(open), { ...query, limit: query.limit + 1 });
    return openWindow(rows.map((/** @type {any} */ node) => desk.disclosure.node(node)), query);
  },

  async find(desk, { snapshot, query: { class: className, ...search } }, job) {
    const open = await desk.snapshot(snapshot, job);
    const wanted = { ...search, ...(className && { className: (await desk.classOf(snapshot, className, job)).key }) };
    const by = searchedBy(search);
    if (by === 'keys') return windowOf([], search);
    if (by === 'neither') {
      const nodes = open.find({ ...wanted, limit: search.limit + 1 });
      return openWindow(nodes.map((/** @type {any} */ node) => desk.disclosure.node(node)), search);
    }
    // Who asks for a name hears only of nodes that show it: else strings and keys could be guessed.
    const where = `${search.where ?? ''}${desk.showsStrings ? '' : NO_STRINGS}`.trim();
    const rows = open
      .find({ ...wanted, ...(where && { where }), offset: 0, limit: MOST_NAMED })
      .map((/** @type {any} */ node) => ({ node, shown: desk.disclosure.node(node) }))
      .filter((/** @type {any} */ { node, shown }) => desk.disclosure.hidesNothing(node, shown));
    return windowOf(rows.map((/** @type {any} */ { shown }) => shown), search);
  },

  statistics: async (desk, { snapshot }, job) => (await desk.snapshot(snapshot, job)).statistics(),

  async strings(desk, { snapshot, query }, job) {
    const { rows, ...window } = windowOf(await desk.strings(snapshot, job), query);
    return { ...window, rows: rows.map((row) => desk.disclosure.duplicate(row)) };
  },

  async totals(desk, { snapshot }, job) {
    const { nodeCount, edgeCount, totalSize } = await desk.snapshot(snapshot, job);
    return { nodeCount, edgeCount, totalSize };
  },

  /** Writes a file again, compressed; the new one has its name when it is complete. */
  async compress(desk, { id, from, to }, { signal }) {
    const partial = `${to}.partial`;
    try {
      await pipeline(createReadStream(from), zlib.createGzip({ level: 1 }), createWriteStream(partial, { flags: 'wx', mode: 0o600 }), { signal });
      renameSync(partial, to);
      desk.moved(id, to);
    } finally {
      rmSync(partial, { force: true });
    }
    return {};
  },

  async forget(desk, { id }) {
    desk.forget(id);
    return {};
  },
};

/** The id of the root. @param {import('../snapshot.js').Snapshot} snapshot */
function rootOf(snapshot) {
  const [{ id }] = snapshot.find({ type: 'synthetic', sortBy: 'id', limit: 1 });
  return id;
}

module.exports = { Desk };
