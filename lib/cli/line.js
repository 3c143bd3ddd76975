// @ts-check
'use strict';

const { once } = require('node:events');
const { readFileSync } = require('node:fs');
const { UsageError } = require('./failure.js');
const { LIMIT } = require('./flags.js');
const { ProgressLine } = require('./progress.js');
const { hasColor, hasProgress, width } = require('./terminal.js');

/**
 * In words, what a file that ends too early does not have, and what still holds.
 * @param {{ section: string, offset: number, edgeCount: number, hasAllEdges: boolean, lostStringCount: number }} partial
 * @param {number} edgeCountThere edges that are there
 */
function whatIsMissing({ section, offset, edgeCount, hasAllEdges, lostStringCount }, edgeCountThere) {
  const names = `${lostStringCount} names are lost`;
  if (hasAllEdges) return `ends in ${section} at byte ${offset}: ${names}; sizes and counts hold.`;
  const edges = `${edgeCount - edgeCountThere} of ${edgeCount} edges and ${names}`;
  return `ends in ${section} at byte ${offset}: ${edges}; only types, counts and own sizes hold.`;
}

/**
 * One command line being carried out: its arguments and flags, and the doors to the outside.
 */
class Line {
  #interruption = new AbortController();
  #progress;

  /**
   * @param {string} command
   * @param {string[]} args
   * @param {Record<string, any>} flags
   */
  constructor(command, args, flags) {
    this.command = command;
    this.args = args;
    this.flags = flags;
    this.#progress = hasProgress(process.stderr, process.env) ? new ProgressLine(process.stderr) : undefined;
  }

  /** How texts look. @returns {{ width: number, color: boolean, bytes: boolean }} */
  get style() {
    return {
      width: this.flags.width ?? width(process.stdout),
      color: hasColor(process.stdout, process.env),
      bytes: this.flags.bytes ?? false,
    };
  }

  /** Which entries of a list. */
  get window() {
    return { limit: this.flags.limit ?? LIMIT, offset: this.flags.offset };
  }

  /**
   * Work off the event loop, under the progress line; Ctrl+C stops it in its middle.
   * @template T
   * @param {string} about
   * @param {(job: { signal: AbortSignal, onProgress?: (progress: any) => void }) => Promise<T>} work
   * @param {{ cleansUp?: boolean }} [options] whether it has to put something right when it is stopped: a second Ctrl+C, or the end of
   *   the terminal, does not cut that off
   * @returns {Promise<T>}
   */
  async job(about, work, { cleansUp = false } = {}) {
    const interrupt = () => this.#interruption.abort();
    // Only while there is something to stop: otherwise Ctrl+C ends the process, as it always does.
    const signals = cleansUp ? ['SIGINT', 'SIGTERM', 'SIGHUP'] : ['SIGINT'];
    for (const signal of signals) process[cleansUp ? 'on' : 'once'](signal, interrupt);
    const progress = this.#progress;
    progress?.about(about);
    try {
      return await work({
        signal: this.#interruption.signal,
        onProgress: progress && ((/** @type {any} */ it) => progress.update(it)),
      });
    } finally {
      progress?.end();
      for (const signal of signals) process.removeListener(signal, interrupt);
    }
  }

  /**
   * Hands the sources that the API reads to `use`: paths and, for `-`, the standard input.
   * @template T
   * @param {string[]} files
   * @param {(sources: (string | NodeJS.ReadStream)[]) => Promise<T>} use
   */
  async sources(files, use) {
    const stdin = files.filter((file) => file === '-').length;
    if (stdin > 1) throw new UsageError('the standard input can be read once only', this.command);
    try {
      return await use(files.map((file) => (file === '-' ? process.stdin : file)));
    } finally {
      // Whoever writes to it may go on for ever, and it would keep this process alive.
      if (stdin > 0) process.stdin.destroy();
    }
  }

  /**
   * Opens snapshots one after the other: each uses all cores. `-` is the standard input.
   * @param {string[]} files
   * @param {{ partial?: boolean }} [options] whether a part of a file will do
   * @returns {Promise<import('../snapshot.js').Snapshot[]>}
   */
  open(files, { partial = false } = {}) {
    const { parseAsync } = require('../../index.js');
    return this.sources(files, async (sources) => {
      const snapshots = [];
      for (const [at, source] of sources.entries()) {
        const name = source === process.stdin ? 'stdin' : files[at];
        snapshots.push(await this.job(name, (job) => parseAsync(source, { partial, ...job })));
      }
      return snapshots;
    });
  }

  /** The rules of `--ignore`, of all files together. */
  get ignore() {
    const { parseIgnore } = require('../../index.js');
    return (this.flags.ignore ?? []).flatMap((/** @type {string} */ file) => {
      const text = readFileSync(file, 'utf8');
      try {
        return parseIgnore(text);
      } catch (error) {
        throw new UsageError(`${file}: ${/** @type {Error} */ (error).message}`, this.command);
      }
    });
  }

  /**
   * The one file that most commands look at. Of one that ends too early they show what is there, and say so first.
   * @returns {Promise<import('../snapshot.js').Snapshot>}
   */
  async openFirst() {
    const [snapshot] = await this.open(this.args.slice(0, 1), { partial: !this.flags.strict });
    const { partial } = snapshot.meta;
    if (partial) {
      const note = `PARTIAL: ${this.args[0]} ${whatIsMissing(partial, snapshot.edgeCount)}`;
      // JSON is for programs, which find the same in the API's `meta.partial`.
      if (this.flags.json || this.flags.ndjson) process.stderr.write(`leakscan: ${note}\n`);
      else await this.print(`${note}\n\n`);
    }
    return snapshot;
  }

  /** The same line for other arguments of another command. @param {string} command @param {string[]} args */
  with(command, args) {
    return new Line(command, args, this.flags);
  }

  /** Tells something beside the answer. @param {string} text */
  say(text) {
    this.#progress?.end();
    process.stderr.write(`leakscan: ${text}\n`);
  }

  /**
   * Writes to the standard output.
   * @param {string} text
   */
  async print(text) {
    // Whoever waits for the rest of a long text may be gone; that is no error (see main.js).
    if (text !== '' && !process.stdout.write(text)) await once(process.stdout, 'drain');
  }
}

module.exports = { Line };
