// memlab: `getFullHeapFromFile` (parses, shortest paths, dominators, retained sizes, React's fibers). It has no table of
// classes, so one walk over its nodes makes the cheapest one possible: count and sizes, objects by name and the rest by type.

import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const { getFullHeapFromFile } = require('@memlab/heap-analysis');
// memlab tells its progress on the terminal.
require('@memlab/core').config.muteConsole = true;

export const title = 'memlab';

export async function open(file) {
  const snapshot = await getFullHeapFromFile(file);
  const rows = new Map();
  snapshot.nodes.forEach((node) => {
    const key = node.type === 'object' || node.type === 'native' ? node.name : node.type;
    let row = rows.get(key);
    if (row === undefined) rows.set(key, (row = { count: 0, shallowSize: 0, retainedSize: 0 }));
    row.count += 1;
    row.shallowSize += node.self_size;
    row.retainedSize += node.retainedSize;
  });
  return { snapshot, nodeCount: snapshot.nodes.length, rows: rows.size };
}
