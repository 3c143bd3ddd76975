// @ts-check
'use strict';

/** Work that takes longer than a request: its state, for whoever asks, and for whoever follows it. */

const { Refusal, described, notFound } = require('./failure.js');

/** Jobs that can be asked for; the oldest that have ended go first. */
const MOST_JOBS = 32;
const MOST_FOLLOWERS = 16;
/** A comment now and then lets proxies know that the line is in use. */
const HEARTBEAT_MS = 15_000;
/** Nobody follows for longer. */
const LONGEST_MS = 30 * 60_000;

const ENDED = new Set(['done', 'failed', 'cancelled']);

class Job {
  #controller = new AbortController();
  #waiting = withResolvers();

  /** @param {number} id @param {object} about */
  constructor(id, about) {
    this.id = id;
    this.about = about;
    this.state = 'queued';
    this.createdAt = new Date().toISOString();
    /** @type {object} */
    this.more = {};
  }

  get signal() {
    return this.#controller.signal;
  }

  get isEnded() {
    return ENDED.has(this.state);
  }

  /** @param {string} state @param {object} [more] */
  update(state, more = {}) {
    if (this.isEnded) return;
    this.state = state;
    this.more = more;
    this.wake();
  }

  /** Lets those who follow look again. */
  wake() {
    this.#waiting.resolve(undefined);
    this.#waiting = withResolvers();
  }

  /** Until something is new. */
  changed() {
    return this.#waiting.promise;
  }

  cancel() {
    this.#controller.abort();
  }

  toJSON() {
    const { id, about, state, createdAt, more } = this;
    return { schemaVersion: 1, id, ...about, state, createdAt, ...more };
  }
}

/** Not every Node.js has `Promise.withResolvers`. */
function withResolvers() {
  /** @type {any} */
  const deferred = {};
  deferred.promise = new Promise((resolve, reject) => Object.assign(deferred, { resolve, reject }));
  return deferred;
}

class Jobs {
  #nextId = 1;
  /** @type {Map<number, Job>} */
  #jobs = new Map();
  #followers = 0;

  /**
   * Starts work on the next turn, so that the answer to whoever asked for it goes out first.
   * @param {object} about
   * @param {(job: Job) => Promise<object>} work what it returns belongs to the finished job
   */
  start(about, work) {
    const job = new Job(this.#nextId++, about);
    this.#jobs.set(job.id, job);
    for (const [id, { isEnded }] of this.#jobs) if (isEnded && this.#jobs.size > MOST_JOBS) this.#jobs.delete(id);
    void this.#run(job, work);
    return job;
  }

  /** @param {Job} job @param {(job: Job) => Promise<object>} work */
  async #run(job, work) {
    try {
      job.signal.throwIfAborted();
      job.update('done', await work(job));
    } catch (error) {
      if (job.signal.aborted) job.update('cancelled');
      else job.update('failed', { error: described(error) });
    }
  }

  /** @param {number} id */
  get(id) {
    const job = this.#jobs.get(id);
    if (!job) throw notFound(`job ${id}`);
    return job;
  }

  list() {
    return [...this.#jobs.values()];
  }

  /**
   * The job's states as server-sent events. Who reads slowly misses states, not the last: nothing waits in memory for them.
   * @param {Job} job
   * @returns {AsyncIterable<string>}
   */
  follow(job) {
    if (this.#followers >= MOST_FOLLOWERS) {
      throw new Refusal(503, 'ERR_LEAKSCAN_BUSY', 'too many follow jobs already', { headers: { 'retry-after': '5' } });
    }
    this.#followers++;
    const states = statesOf(job);
    const leave = once(() => {
      this.#followers--;
      clearTimeout(longest);
      void states.return(undefined);
      // What waits for the next state ends now.
      job.wake();
    });
    const longest = setTimeout(leave, LONGEST_MS).unref();
    return {
      [Symbol.asyncIterator]: () => ({
        async next() {
          const state = await states.next();
          if (state.done) leave();
          return state;
        },
        async return() {
          leave();
          return { done: true, value: undefined };
        },
      }),
    };
  }

  close() {
    for (const job of this.#jobs.values()) job.cancel();
  }
}

/** @param {Job} job @returns {AsyncGenerator<string, void>} */
async function* statesOf(job) {
  const heartbeat = setInterval(() => job.wake(), HEARTBEAT_MS).unref();
  try {
    for (let told = ''; ; ) {
      const changed = job.changed();
      // The job goes on while its reader takes this.
      const { isEnded } = job;
      const state = JSON.stringify(job);
      yield state === told ? ': still here\n\n' : `event: ${isEnded ? job.state : 'progress'}\ndata: ${state}\n\n`;
      told = state;
      if (isEnded) return;
      await changed;
    }
  } finally {
    clearInterval(heartbeat);
  }
}

/** @param {() => void} act */
function once(act) {
  let isDone = false;
  return () => {
    if (isDone) return;
    isDone = true;
    act();
  };
}

module.exports = { Job, Jobs };
