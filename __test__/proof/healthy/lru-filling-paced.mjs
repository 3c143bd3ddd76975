// Healthy.
// Caches with a bound that they are far from, each with a new key in every round.

import { LRUCache } from 'lru-cache';
import load from '../load.cjs';

const articles = new LRUCache({ max: 500 });

const pages = new Map();
const MAX_PAGES = 500;

function page(number) {
  if (pages.size >= MAX_PAGES) pages.delete(pages.keys().next().value);
  pages.set(`/pages/${number}`, load.text(number));
}

class Sessions {
  constructor(capacity) {
    this.capacity = capacity;
    this.byId = new Map();
  }

  add(id, session) {
    this.byId.set(id, session);
    if (this.byId.size > this.capacity) this.#evict();
  }

  #evict() {
    for (const id of this.byId.keys()) {
      this.byId.delete(id);
      if (this.byId.size <= this.capacity) break;
    }
  }
}

const sessions = new Sessions(1000);

export const round = async (number) => {
  articles.set(`https://example.org/articles/${number}`, { at: Date.now(), body: load.text(number) });
  page(number);
  sessions.add(`session-${number}`, { number, text: load.text(number) });
};
