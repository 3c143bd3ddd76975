// @ts-check
'use strict';

const { once } = require('node:events');
const { UsageError } = require('./failure.js');
const { LIMIT } = require('./flags.js');
const { ProgressLine } = require('./progress.js');
const { hasColor, hasProgress, width } = require('./terminal.js');

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
   * @returns {Promise<T>}
   */
  async job(about, work) {
    const interrupt = () => this.#interruption.abort();
    // Only while there is something to stop: otherwise Ctrl+C ends the process, as it always does.
    process.once('SIGINT', interrupt);
    const progress = this.#progress;
    progress?.about(about);
    try {
      return await work({
        signal: this.#interruption.signal,
        onProgress: progress && ((/** @type {any} */ it) => progress.update(it)),
      });
    } finally {
      progress?.end();
      process.removeListener('SIGINT', interrupt);
    }
  }

  /**
   * Opens snapshots one after the other: each uses all cores. `-` is the standard input.
   * @param {string[]} files
   * @returns {Promise<import('../snapshot.js').Snapshot[]>}
   */
  async open(files) {
    if (files.filter((file) => file === '-').length > 1) throw new UsageError('the standard input can be read once only', this.command);
    const { parseAsync } = require('../../index.js');
    const snapshots = [];
    for (const file of files) {
      if (file === '-') snapshots.push(await this.#openStdin(parseAsync));
      else snapshots.push(await this.job(file, (job) => parseAsync(file, job)));
    }
    return snapshots;
  }

  /** @param {typeof import('../load.js').parseAsync} parseAsync */
  async #openStdin(parseAsync) {
    try {
      return await this.job('stdin', (job) => parseAsync(process.stdin, job));
    } finally {
      // Whoever writes to it may go on for ever, and it would keep this process alive.
      process.stdin.destroy();
    }
  }

  /**
   * The one file that most commands look at.
   * @returns {Promise<import('../snapshot.js').Snapshot>}
   */
  async openFirst() {
    const [snapshot] = await this.open(this.args.slice(0, 1));
    return snapshot;
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
