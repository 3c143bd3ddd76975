// Healthy.
// A pool of connections that fills up to its limit, waits in line, and listens only while a request has the connection.

import { EventEmitter } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import load from '../load.cjs';

class Pool extends EventEmitter {
  #free = [];
  #waiting = [];
  #size = 0;

  constructor(max) {
    super();
    this.max = max;
  }

  acquire() {
    const free = this.#free.pop();
    if (free) return Promise.resolve(free);
    if (this.#size < this.max) return Promise.resolve(Object.assign(new EventEmitter(), { id: this.#size++, buffer: Buffer.alloc(4096) }));
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  release(connection) {
    const next = this.#waiting.shift();
    if (next) next(connection);
    else this.#free.push(connection);
  }
}

const pool = new Pool(20);

async function query(number) {
  const connection = await pool.acquire();
  const fail = (error) => {
    throw error;
  };
  connection.on('error', fail);
  try {
    connection.last = load.text(number);
    await sleep(1);
  } finally {
    connection.off('error', fail);
    pool.release(connection);
  }
}

export const round = (number) => Promise.all(Array.from({ length: 1 + (number % 25) }, () => query(number)));
