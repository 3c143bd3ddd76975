// Leaks unbounded-collection, 1 per round.
// An LRU cache whose bound comes from a setting that nobody made.

import QuickLRU from 'quick-lru';
import load from '../load.cjs';

const max = Number(process.env.MAX_DOCUMENTS ?? Infinity);
const documents = new QuickLRU({ maxSize: max });

function read(number) { // leak
  const id = `/documents/${number}`;
  if (!documents.has(id)) documents.set(id, { id, text: load.text(number) });
  return documents.get(id);
}

export const round = async (number) => read(number).text.length; // leak
