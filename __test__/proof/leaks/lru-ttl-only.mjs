// Leaks unbounded-collection, 1 per round.
// lru-cache with a time to live and nothing else: what is stale goes only when somebody asks for it.

import { LRUCache } from 'lru-cache';
import load from '../load.cjs';

const cache = new LRUCache({ ttl: 3_600_000, ttlAutopurge: false, maxEntrySize: 100_000, sizeCalculation: () => 1 });

export const round = async (number) => void cache.set(`session:${number}`, { number, text: load.text(number) });
