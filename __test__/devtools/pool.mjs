// DevTools on as many threads as there are cores, so that the tests need not wait for it.

import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';

export class DevToolsPool {
  #idle = [];
  #waiting = [];
  #all = [];

  constructor(size = Math.min(4, availableParallelism())) {
    for (let i = 0; i < size; i++) {
      const worker = new Worker(new URL('worker.mjs', import.meta.url));
      this.#all.push(worker);
      this.#idle.push(worker);
    }
  }

  /**
   * What DevTools says of pairs of snapshots.
   * @param {{ before: string | Uint8Array, after: string | Uint8Array }[]} pairs
   * @param {object} [options]
   */
  async judge(pairs, options) {
    const worker = this.#idle.pop() ?? (await new Promise((resolve) => this.#waiting.push(resolve)));
    try {
      worker.postMessage({ pairs, options });
      const [{ verdicts, error }] = await once(worker, 'message');
      if (error) throw error;
      return verdicts;
    } finally {
      const next = this.#waiting.shift();
      if (next) next(worker);
      else this.#idle.push(worker);
    }
  }

  async close() {
    await Promise.all(this.#all.map((worker) => worker.terminate()));
  }
}
