// @ts-check
'use strict';

/** Modules that were loaded again and whose older copies are still kept by the `children` of the modules that required them. */

const { isOpen, own } = require('./emitters.js');

/** Modules looked at: about 20 ms. */
const MOST_MODULES = 100_000;

/**
 * How many older copies there are, by file.
 * @returns {Map<string, number>}
 */
function countOldModules() {
  const cache = /** @type {any} */ (require('node:module'))._cache ?? require.cache;
  /** @type {Map<string, number>} */
  const counts = new Map();
  const seen = new Set();
  const queue = Object.keys(cache).map((file) => own(cache, file)).filter(isOpen);
  const current = new Set(queue);
  for (let at = 0; at < queue.length && seen.size < MOST_MODULES; at++) {
    const children = own(queue[at], 'children');
    if (!Array.isArray(children)) continue;
    for (const child of children) {
      if (!isOpen(child) || current.has(child) || seen.has(child)) continue;
      seen.add(child);
      const file = own(child, 'filename');
      // One that is not in the cache at all was taken out of it, and is no second copy.
      if (typeof file === 'string' && Object.hasOwn(cache, file)) counts.set(file, (counts.get(file) ?? 0) + 1);
      queue.push(child);
    }
  }
  return counts;
}

module.exports = { countOldModules };
