// Leaks unbounded-collection, 1 per round.
// A queue of jobs that keeps those that are done.

import { EventEmitter } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import load from '../load.cjs';

class Job {
  attempts = 0;
  progress = 0;

  constructor(id, data) {
    this.id = id;
    this.data = data;
  }
}

class Queue extends EventEmitter { // leak
  #lists = { waiting: [], active: [], completed: [], failed: [] };

  add(id, data) {
    this.#lists.waiting.push(new Job(id, data));
    this.emit('waiting', id);
  }

  async process(work) { // leak
    const job = this.#lists.waiting.shift();
    this.#lists.active.push(job);
    await work(job);
    this.#lists.active.splice(this.#lists.active.indexOf(job), 1);
    this.#lists.completed.push(job);
    this.emit('completed', job.id);
  }
}

const queue = new Queue();

export const round = async (number) => {
  queue.add(number, { to: `user-${number}`, body: load.text(number) });
  await queue.process(() => turn());
};
