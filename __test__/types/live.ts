// As usage.ts: what a service asks of itself.

import { Worker } from 'node:worker_threads';
import {
  HandleAudit,
  LeakscanError,
  ListenerTracker,
  Snapshot,
  TimerAudit,
  auditHandles,
  auditListeners,
  auditListenersAsync,
  auditTimers,
  capture,
  parse,
  trackListeners,
} from 'leakscan';
import type {
  CaptureOptions,
  CaptureReport,
  HandleKind,
  LiveAuditOptions,
  MemoryFigures,
  TimerSite,
  TrackOptions,
  TrackReport,
} from 'leakscan';

const captureOptions: CaptureOptions = {
  signal: new AbortController().signal,
  onProgress: ({ phase }) => console.log(phase === 'capturing'),
  threads: 1,
  force: true,
  saveTo: new URL('file:///saved.heapsnapshot'),
};
const captured: Promise<Snapshot> = capture(captureOptions);
capture({ worker: new Worker('file'), saveTo: 'saved.heapsnapshot' });
captured.catch((error: unknown) => {
  const figures: MemoryFigures | undefined = error instanceof LeakscanError ? error.memory : undefined;
  console.log(figures?.needed, figures?.available, figures?.limit, figures?.basis, figures?.expectedPauseMs);
});
const cost: CaptureReport | undefined = parse('file').capture;
console.log(cost?.pauseMs, cost?.buildMs, cost?.writeMs, cost?.leakscanMs, cost?.totalMs, cost?.extraMemory, cost?.savedTo);

// @ts-expect-error a path is no worker
capture({ worker: 'worker.js' });

const liveOptions: LiveAuditOptions = { all: true, limit: 5 };
for (const { name, reachedBy, events } of auditListeners(liveOptions).emitters) console.log(name, reachedBy, events[0]?.growth);
auditListeners();
auditListeners(undefined, { all: true });
auditListenersAsync({ all: true, signal: new AbortController().signal }).then(String);
const timers: TimerAudit = auditTimers({ limit: 3 });
const timer: TimerSite | undefined = timers.timers[0];
console.log(timer?.kind === 'interval', timer?.delay, timer?.refCount, timers.siteCount, timers.totalTimers);
const open: HandleAudit = auditHandles();
const handle: HandleKind | undefined = open.handles[0];
console.log(handle?.sites[0]?.event, open.resources['Timeout']);
const trackOptions: TrackOptions = { every: 1, frames: 3, limit: 10 };
const tracker: ListenerTracker = trackListeners(trackOptions);
const report: TrackReport = tracker.report();
console.log(report.sites[0]?.stack[0]?.line, tracker.active);
tracker.stop();
// @ts-expect-error a snapshot has no options of a live audit
auditListeners('file', { all: true });
