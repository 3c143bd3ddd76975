// @ts-check
'use strict';

/**
 * Ends a record of allocations that does harm: one look a second, at whether anything else keeps the process running, how late
 * the event loop is, and how long the record has been on. The clock and what is looked at come from the caller.
 */

const LOOK_MS = 1000;
/** A record ends after so many looks in a row of one kind: when nothing but the record keeps the process running, */
const MOST_IDLE = 2;
/** or when the event loop was late by so much on average. */
const MOST_LATE = 5;
const LATE_MS = 200;
/** Nobody needs a longer one, and who forgot it should not pay for it. */
const LONGEST_MS = 10 * 60_000;

/**
 * @typedef {object} World
 * @property {() => number} now milliseconds
 * @property {(look: () => void, ms: number) => () => void} every returns what ends it
 * @property {() => boolean} isIdle whether nothing but the record keeps the process running
 * @property {() => number | undefined} latenessMs how late the event loop was on average since the last question, if that was measured
 * @property {(why?: string) => void} end ends the record; a reason is told to the user
 */

class RecordGuard {
  #world;
  #began;
  #idle = 0;
  #late = 0;
  #stop;

  /** @param {World} world */
  constructor(world) {
    this.#world = world;
    this.#began = world.now();
    this.#stop = world.every(() => this.#look(), LOOK_MS);
  }

  #look() {
    const { now, isIdle, latenessMs, end } = this.#world;
    // Without a measurement since the last look, it was late all the time.
    const lateMs = latenessMs() ?? LOOK_MS;
    this.#late = lateMs > LATE_MS ? this.#late + 1 : 0;
    this.#idle = isIdle() ? this.#idle + 1 : 0;
    if (this.#idle >= MOST_IDLE) end();
    else if (this.#late >= MOST_LATE) end(`the event loop was late by ${Math.round(lateMs)} ms on average`);
    else if (now() - this.#began > LONGEST_MS) end('it went on for ten minutes');
  }

  close() {
    this.#stop();
  }
}

module.exports = { RecordGuard };
