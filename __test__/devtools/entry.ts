// What the tests use of DevTools; build.mjs bundles it.
export { HeapSnapshotLoader } from 'chrome-devtools-frontend/front_end/entrypoints/heap_snapshot_worker/HeapSnapshotLoader.js';
export { SecondaryInitManager } from 'chrome-devtools-frontend/front_end/entrypoints/heap_snapshot_worker/HeapSnapshot.js';
export {
  ComparatorConfig,
  NodeFilter,
} from 'chrome-devtools-frontend/front_end/models/heap_snapshot/HeapSnapshotModel.js';
