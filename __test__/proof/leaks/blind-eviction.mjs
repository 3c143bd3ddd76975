// Leaks unbounded-collection, 1 per round.
// A cache with a bound that it never keeps: a Map has a size and no length.

import load from '../load.cjs';

class Cache { // leak
  constructor(max) {
    this.max = max;
    this.entries = new Map();
  }

  set(key, value) { // leak
    if (this.entries.length > this.max) this.entries.delete(this.entries.keys().next().value);
    this.entries.set(key, value);
  }
}

const cache = new Cache(50);

export const round = async (number) => cache.set(`page-${number}`, { number, text: load.text(number) });
