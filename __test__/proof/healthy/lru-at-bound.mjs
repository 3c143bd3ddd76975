// Healthy.
// lru-cache that is full after thirty rounds, and turns over.

import { LRUCache } from 'lru-cache';
import load from '../load.cjs';

const cache = new LRUCache({ max: 30 });

export const round = async (number) => {
  const key = `https://example.org/articles/${number}`;
  if (!cache.has(key)) cache.set(key, { at: Date.now(), body: load.text(number) });
  return cache.get(key).body.length;
};
