// @ts-check
'use strict';

const BAR = 24;
const ERASE_LINE = '\r\x1b[K';
/** Work that is done sooner shows nothing. */
const QUIET_MS = 300;

/** @param {number} seconds */
const span = (seconds) => (seconds < 60 ? `${Math.ceil(seconds)} s` : `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`);

/** @typedef {{ phase: string, done: number, total?: number }} Progress */

/**
 * One line on stderr that is written again and again: phase, bar, percent, MB/s and time left.
 */
class ProgressLine {
  #stream;
  #now;
  #started;
  #label = '';
  #phase = '';
  #phaseStarted = 0;
  #shown = false;
  /** @type {Progress | undefined} */
  #last;
  /** @type {NodeJS.Timeout | undefined} */
  #timer;

  /**
   * @param {{ write(text: string): unknown, columns?: number }} stream
   * @param {() => number} [now] in ms
   */
  constructor(stream, now = () => performance.now()) {
    this.#stream = stream;
    this.#now = now;
    this.#started = now();
  }

  /** What is worked on from now on. @param {string} label */
  about(label) {
    this.#label = label;
    this.#phase = '';
    this.#last = undefined;
    // An input that does not come is waited for in sight.
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.update(this.#last ?? { phase: 'reading', done: 0 }), QUIET_MS);
    this.#timer.unref();
  }

  /** @param {Progress} progress */
  update(progress) {
    const { phase, done, total } = progress;
    const now = this.#now();
    this.#last = progress;
    if (phase !== this.#phase) {
      this.#phase = phase;
      this.#phaseStarted = now;
    }
    if (now - this.#started < QUIET_MS) return;
    const seconds = (now - this.#phaseStarted) / 1000;
    const share = total ? Math.min(done / total, 1) : undefined;
    const parts = [`${phase} ${this.#label}`.trim()];
    if (share !== undefined) {
      const full = Math.round(share * BAR);
      parts.push(`${'█'.repeat(full)}${'░'.repeat(BAR - full)}`, `${Math.floor(share * 100)} %`);
    }
    if (phase === 'reading') {
      if (share === undefined && done > 0) parts.push(`${Math.round(done / 1e6)} MB`);
      if (seconds > 0.2 && done > 0) {
        parts.push(`${Math.round(done / 1e6 / seconds)} MB/s`);
        if (share && share < 1) parts.push(`${span((seconds / share) * (1 - share))} left`);
      }
    }
    const width = (this.#stream.columns ?? 80) - 1;
    this.#stream.write(ERASE_LINE + [...parts.join('  ')].slice(0, width).join(''));
    this.#shown = true;
  }

  /** Leaves no trace. */
  end() {
    clearTimeout(this.#timer);
    if (this.#shown) this.#stream.write(ERASE_LINE);
    this.#shown = false;
  }
}

module.exports = { ProgressLine };
