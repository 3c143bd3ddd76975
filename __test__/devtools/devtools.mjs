// Opens snapshots with DevTools' own code, without a browser, and says what the Memory panel would show of them.

import { readFileSync } from 'node:fs';

// Newer than Node.js 20.
Promise.withResolvers ??= function withResolvers() {
  const parts = {};
  parts.promise = new this((resolve, reject) => Object.assign(parts, { resolve, reject }));
  return parts;
};

const { HeapSnapshotLoader, SecondaryInitManager, ComparatorConfig, NodeFilter } = await import('./dist/devtools.mjs');
// Orphans and the like, which DevTools tells the developer of DevTools.
console.warn = () => {};

const chunkSize = 1 << 20;

/**
 * Loads a snapshot. DevTools wants two workers with a channel between them; here both ends are in this thread.
 * @param {string | Uint8Array} source path or bytes
 */
export async function open(source) {
  const bytes = typeof source === 'string' ? readFileSync(source) : source;
  const loader = new HeapSnapshotLoader();
  const decoder = new TextDecoder();
  for (let at = 0; at < bytes.length; at += chunkSize) {
    loader.write(decoder.decode(bytes.subarray(at, at + chunkSize), { stream: true }));
  }
  loader.write(decoder.decode());
  loader.close();
  const channel = new MessageChannel();
  try {
    new SecondaryInitManager(channel.port2);
    return await loader.buildSnapshot(channel.port1);
  } finally {
    channel.port1.close();
    channel.port2.close();
  }
}

/** The class key that DevTools uses between snapshots. */
function publicKey(snapshot, node) {
  const key = node.classKeyInternal();
  return typeof key === 'number' ? ',' + snapshot.strings[key] : key;
}

/** Indexes equal texts, so that a column of them crosses threads cheaply. */
class TextColumn {
  #positions = new Map();
  constructor(length) {
    this.index = new Uint32Array(length);
    this.texts = [];
  }

  set(row, text) {
    let position = this.#positions.get(text);
    if (position === undefined) this.#positions.set(text, (position = this.texts.push(text) - 1));
    this.index[row] = position;
  }

  get column() {
    return { index: this.index, texts: this.texts };
  }
}

/** Every node, in file order. */
function columns(snapshot) {
  const length = snapshot.nodeCount;
  const numbers = {
    id: new Float64Array(length),
    shallowSize: new Float64Array(length),
    retainedSize: new Float64Array(length),
    distance: new Int32Array(length),
    immediateDominator: new Float64Array(length),
    detachedness: new Uint8Array(length),
    retainerCount: new Uint32Array(length),
  };
  const texts = {
    type: new TextColumn(length),
    name: new TextColumn(length),
    className: new TextColumn(length),
    classKey: new TextColumn(length),
  };
  const node = snapshot.createNode(0);
  const dominator = snapshot.createNode(0);
  for (let ordinal = 0; ordinal < length; ordinal++) {
    node.nodeIndex = ordinal * snapshot.nodeFieldCount;
    dominator.nodeIndex = node.dominatorIndex();
    numbers.id[ordinal] = node.id();
    numbers.shallowSize[ordinal] = node.selfSize();
    numbers.retainedSize[ordinal] = node.retainedSize();
    numbers.distance[ordinal] = node.distance();
    numbers.immediateDominator[ordinal] = dominator.id();
    numbers.detachedness[ordinal] = node.detachedness();
    numbers.retainerCount[ordinal] = node.retainersCount();
    texts.type.set(ordinal, node.type());
    texts.name.set(ordinal, node.name());
    texts.className.set(ordinal, node.className());
    texts.classKey.set(ordinal, publicKey(snapshot, node));
  }
  return { ...numbers, ...Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, text.column])) };
}

/** The Summary view. */
function classes(snapshot) {
  const rows = [];
  for (const [key, row] of Object.entries(snapshot.aggregatesWithFilter(new NodeFilter()))) {
    rows.push({
      key,
      name: row.name,
      count: row.count,
      shallowSize: row.self,
      retainedSize: row.maxRet,
      distance: row.distance,
    });
  }
  return rows;
}

/** The Retainers view of some nodes, by ordinal: by distance, then by name. */
function retainers(snapshot, ordinals) {
  return ordinals.map((ordinal) => {
    const provider = snapshot.createRetainingEdgesProvider(ordinal * snapshot.nodeFieldCount);
    provider.sortAndRewind(new ComparatorConfig('!edgeDistance', true, 'name', true));
    const { items } = provider.serializeItemsRange(0, Number.MAX_SAFE_INTEGER);
    return {
      ordinal,
      rows: items.map(({ name, type, node }) => ({ edge: String(name), type, id: node.id, name: node.name })),
    };
  });
}

/** At most `limit` nodes with several retainers, spread over the file. */
function sample(snapshot, { retainerCount }, limit) {
  const candidates = [];
  for (let ordinal = 1; ordinal < snapshot.nodeCount; ordinal++) {
    if (retainerCount[ordinal] > 0 && retainerCount[ordinal] < 60) candidates.push(ordinal);
  }
  const step = Math.max(1, candidates.length / limit);
  return Array.from({ length: Math.min(limit, candidates.length) }, (_, i) => candidates[Math.floor(i * step)]);
}

/** The groups of equal strings. */
function duplicateStrings(snapshot) {
  return snapshot.getDuplicateStrings().map(({ value, count, totalSelfSize, totalRetainedSize, nodes }) => ({
    value,
    count,
    shallowSize: totalSelfSize,
    retainedSize: totalRetainedSize,
    ids: nodes.map(({ id }) => id),
  }));
}

/** The named filters of the Summary view; ours say the same with these searches. */
export const FILTERS = {
  objectsRetainedByContexts: 'retained-by:contexts',
  objectsRetainedByDetachedDomNodes: 'retained-by:detached-nodes',
  objectsRetainedByEventHandlers: 'retained-by:event-handlers',
  objectsRetainedByConsole: 'retained-by:console',
  duplicatedStrings: 'is:duplicated-string',
};

/** The ordinals of the nodes that a filter lets through, by the search of the same meaning. */
function filtered(snapshot) {
  return Object.entries(FILTERS).map(([name, where]) => {
    const filter = snapshot.createNamedFilter(name);
    const node = snapshot.createNode(0);
    const ordinals = [];
    for (let ordinal = 0; ordinal < snapshot.nodeCount; ordinal++) {
      node.nodeIndex = ordinal * snapshot.nodeFieldCount;
      if (filter(node)) ordinals.push(ordinal);
    }
    return { where, ordinals: Uint32Array.from(ordinals) };
  });
}

/** Everything the tests compare, as plain data. */
function facts(snapshot, { retainerSamples }) {
  const nodes = columns(snapshot);
  return {
    totalSize: snapshot.totalSize,
    nodeCount: snapshot.nodeCount,
    edgeCount: snapshot.containmentEdges.length / snapshot.edgeFieldsCount,
    statistics: snapshot.getStatistics(),
    columns: nodes,
    classes: classes(snapshot),
    retainers: retainers(snapshot, sample(snapshot, nodes, retainerSamples)),
    duplicateStrings: duplicateStrings(snapshot),
    filtered: filtered(snapshot),
  };
}

/** The Comparison view, as DevTools' two workers make it: the older snapshot is classed with the newer one's interfaces. */
function comparison(before, after) {
  const rows = after.calculateSnapshotDiff('before', before.aggregatesForDiff(after.interfaceDefinitions()));
  return Object.entries(rows).map(([key, row]) => ({
    key,
    name: row.name,
    addedCount: row.addedCount,
    removedCount: row.removedCount,
    countDelta: row.countDelta,
    addedSize: row.addedSize,
    removedSize: row.removedSize,
    sizeDelta: row.sizeDelta,
    addedIds: row.addedIds,
    removedIds: row.deletedIds,
  }));
}

/** The ids of "Objects allocated between Snapshot 1 and Snapshot 2", seen in the second. */
function allocatedBetween(before, after) {
  const filter = after.createNodeIdFilter(before.maxJsNodeId(), after.maxJsNodeId());
  const node = after.createNode(0);
  const ids = [];
  for (let ordinal = 0; ordinal < after.nodeCount; ordinal++) {
    node.nodeIndex = ordinal * after.nodeFieldCount;
    if (filter(node)) ids.push(node.id());
  }
  return Float64Array.from(ids).sort();
}

/**
 * What DevTools says of two snapshots and of their difference.
 * @param {string | Uint8Array} before
 * @param {string | Uint8Array} after
 */
export async function judge(before, after, { retainerSamples = 100 } = {}) {
  const older = await open(before);
  const newer = await open(after);
  // Facts first: comparing re-classes the older one's objects for good when it had no interfaces of its own.
  const answer = { before: facts(older, { retainerSamples }), after: facts(newer, { retainerSamples }) };
  return { ...answer, allocatedBetween: allocatedBetween(older, newer), comparison: comparison(older, newer) };
}
