// @ts-check
'use strict';

const { LeakscanError } = require('./lib/errors.js');
const { parse, parseAsync } = require('./lib/load.js');
const { exportTables } = require('./lib/export.js');
const { redact } = require('./lib/redact.js');
const { Snapshot } = require('./lib/snapshot.js');
const { IsolatedSnapshot } = require('./lib/isolate/snapshot.js');
const {
  AllocationProfile,
  Diff,
  HandleAudit,
  ListenerAudit,
  Summary,
  TimerAudit,
  Trend,
  WhyAlive,
} = require('./lib/answer.js');
const {
  auditListeners,
  auditListenersAsync,
  diff,
  diffAsync,
  summarize,
  summarizeAsync,
  trend,
  trendAsync,
} = require('./lib/analyze.js');
const { Attachment, attach } = require('./lib/attach/index.js');
const { parseIgnore } = require('./lib/ignore.js');
const { auditHandles } = require('./lib/live/handles.js');
const { auditTimers } = require('./lib/live/timers.js');
const { ListenerTracker, trackListeners } = require('./lib/live/track.js');
const { Watcher, watch } = require('./lib/live/watch.js');
const { expectCollected, whyAlive } = require('./lib/live/alive.js');
const { readAllocations, sampleAllocations } = require('./lib/live/allocations.js');
const { onNearHeapLimit } = require('./lib/live/near-heap-limit.js');
const { onSignal } = require('./lib/live/on-signal.js');
const { Watchdog, watchdog } = require('./lib/live/watchdog.js');
const { capture } = require('./lib/live/capture.js');
const { version } = require('./package.json');

// One export a line, in a literal: Node finds the names for `import { diff } from 'leakscan'` in it.
module.exports = {
  parse,
  parseAsync,
  capture,
  attach,
  diff,
  diffAsync,
  summarize,
  summarizeAsync,
  trend,
  trendAsync,
  auditListeners,
  auditListenersAsync,
  auditTimers,
  auditHandles,
  trackListeners,
  watch,
  whyAlive,
  expectCollected,
  sampleAllocations,
  readAllocations,
  onNearHeapLimit,
  onSignal,
  watchdog,
  parseIgnore,
  redact,
  exportTables,
  Snapshot,
  IsolatedSnapshot,
  Attachment,
  Diff,
  Summary,
  Trend,
  ListenerAudit,
  TimerAudit,
  WhyAlive,
  AllocationProfile,
  Watchdog,
  HandleAudit,
  ListenerTracker,
  Watcher,
  LeakscanError,
  version,
};
