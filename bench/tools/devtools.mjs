// Chrome DevTools: the code of its heap snapshot worker, fed with chunks as the Memory panel feeds it, then the Summary view.
// The two workers of DevTools share one thread here, as in DevTools' own tests.

import { createReadStream } from 'node:fs';

// Newer than Node.js 20.
Promise.withResolvers ??= function () {
  const parts = {};
  parts.promise = new this((resolve, reject) => Object.assign(parts, { resolve, reject }));
  return parts;
};

const { HeapSnapshotLoader, NodeFilter, SecondaryInitManager } = await import('../../__test__/devtools/dist/devtools.mjs');

export const title = 'Chrome DevTools';

export async function open(file) {
  const loader = new HeapSnapshotLoader();
  const decoder = new TextDecoder();
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) {
    loader.write(decoder.decode(chunk, { stream: true }));
  }
  loader.write(decoder.decode());
  loader.close();
  const { port1, port2 } = new MessageChannel();
  new SecondaryInitManager(port2);
  const snapshot = await loader.buildSnapshot(port1);
  port1.close();
  port2.close();
  const rows = snapshot.aggregatesWithFilter(new NodeFilter());
  return { snapshot, nodeCount: snapshot.nodeCount, rows: Object.keys(rows).length };
}

export function diff(before, after) {
  const older = before.snapshot.aggregatesForDiff(after.snapshot.interfaceDefinitions());
  return Object.keys(after.snapshot.calculateSnapshotDiff('before', older)).length;
}
