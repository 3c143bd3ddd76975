// leakscan: `parse` (columns, essential edges, dominators, retained sizes, distances, retainers, classes), then all class rows.

import { diff as compare, parse } from '../../index.js';

export const title = 'leakscan';

export function open(file) {
  const snapshot = parse(file);
  const rows = snapshot.classes({ limit: Number.MAX_SAFE_INTEGER });
  return { snapshot, nodeCount: snapshot.nodeCount, rows: rows.length };
}

export function diff(before, after) {
  return compare(before.snapshot, after.snapshot).classes.length;
}
