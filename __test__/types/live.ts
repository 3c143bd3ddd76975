// As usage.ts: what a service asks of itself.

import { Worker } from 'node:worker_threads';
import {
  AllocationProfile,
  HandleAudit,
  IsolatedSnapshot,
  LeakscanError,
  ListenerTracker,
  Snapshot,
  TimerAudit,
  Watchdog,
  Watcher,
  WhyAlive,
  auditHandles,
  auditListeners,
  auditListenersAsync,
  auditTimers,
  capture,
  diffAsync,
  expectCollected,
  onNearHeapLimit,
  onSignal,
  parse,
  parseAsync,
  readAllocations,
  sampleAllocations,
  summarize,
  summarizeAsync,
  trackListeners,
  trendAsync,
  watch,
  watchdog,
  whyAlive,
} from 'leakscan';
import type {
  AllocationFrame,
  AllocationSite,
  CaptureOptions,
  CaptureReport,
  ClassRow,
  ExpectOptions,
  HandleKind,
  IsolateOptions,
  IsolatedDiff,
  LiveAuditOptions,
  MemoryFigures,
  MemoryGrowth,
  MemoryHistory,
  MemoryKind,
  MemorySample,
  MemorySlowing,
  MemoryVerdict,
  NearHeapLimitOptions,
  OnSignalOptions,
  SampleOptions,
  StuckReport,
  TimerSite,
  TrackOptions,
  TrackReport,
  WatchCaptureOptions,
  WatchdogEvents,
  WatchdogOptions,
  WatchOptions,
  WatcherEvents,
  WhyOptions,
} from 'leakscan';

const captureOptions: CaptureOptions = {
  signal: new AbortController().signal,
  onProgress: ({ phase }) => console.log(phase === 'capturing'),
  threads: 1,
  force: true,
  saveTo: new URL('file:///saved.heapsnapshot'),
  trackAllocations: true,
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

const watchCapture: WatchCaptureOptions = { dir: 'snapshots', keep: 2, maxBytes: 1e9, limit: 2, cooldown: 0, after: 1, force: false };
const watchOptions: WatchOptions = { interval: 1000, minDuration: 60_000, minGrowth: 1e6, warmUp: 0, cooldown: 1, capture: watchCapture };
const watcher: Watcher = watch(watchOptions);
watcher
  .on('sample', (sample: MemorySample) => console.log(sample.memory.native, sample.spaces['old_space'], sample.afterGc))
  .on('growth', ({ kind, text }: MemoryGrowth) => console.log(kind === 'external', text))
  .once('leak', ({ msToLimit, also }) => console.log(msToLimit, also))
  .on('summary', (summary, { files }) => console.log(String(summary), files))
  .off('skipped', (...[error]: WatcherEvents['skipped']) => console.log(error));
const kind: MemoryKind = 'js-heap';
const verdict: Partial<MemoryVerdict> = watcher.verdicts()[kind];
const slowing: MemorySlowing | undefined = verdict.slowing;
const history: MemoryHistory = watcher.history();
console.log(verdict.confidence, slowing, history.series.rss[0]?.bytes, watcher.closed, watcher.toJSON());
watcher.close();
// @ts-expect-error there is no such event
watcher.on('leaks', () => {});

const whyOptions: WhyOptions = { limit: 1, force: true };
whyAlive({}, whyOptions).then((answer: WhyAlive) => console.log(answer.alive, answer.paths[0]?.[0]?.edgeName, String(answer)));
const expectOptions: ExpectOptions = { ...whyOptions, timeout: 100, signal: new AbortController().signal };
const gone: Promise<void> = expectCollected({}, 'an object', expectOptions);
gone.catch((error: unknown) => console.log(error instanceof LeakscanError && error.alive?.className));
// @ts-expect-error a number is not collected
whyAlive(7);

const sampleOptions: SampleOptions = { duration: 100, interval: 1024, limit: 3, signal: new AbortController().signal };
const profile: Promise<AllocationProfile> = sampleAllocations(sampleOptions);
readAllocations('file.heapprofile', { limit: 5 }).then(({ sites, tree, totalSize, sampleCount, siteCount }) => {
  const first: AllocationSite | undefined = sites[0];
  const frame: AllocationFrame | undefined = tree.children[0];
  console.log(first?.selfSize, frame?.location?.line, totalSize, sampleCount, siteCount);
});
profile.then(String);
const nearOptions: NearHeapLimitOptions = { dir: 'snapshots', keep: 1, limit: 1, force: true };
const { directory, left } = onNearHeapLimit(nearOptions);
console.log(directory, left[0]);
const signalOptions: OnSignalOptions = {
  signal: 'SIGUSR2',
  dir: 'summaries',
  onSummary: (summary, { text, json }) => console.log(summary.verdict, text, json),
  onError: (error: unknown) => console.log(error),
  force: false,
};
onSignal(signalOptions).close();

const dogOptions: WatchdogOptions = { timeout: 1000, dir: 'stuck', limit: 2 };
const dog: Watchdog = watchdog(dogOptions);
dog.on('stuck', (report: StuckReport) => console.log(report.stack?.[0]?.line, report.listeners?.emitters[0]?.name, report.note));
dog.off('failed', (...[error]: WatchdogEvents['failed']) => console.log(error));
dog.close().then(() => console.log(dog.closed));

const isolated: Promise<IsolatedSnapshot> = capture({ isolate: 'process', threads: 1, saveTo: 'saved.heapsnapshot' });
const opened: Promise<IsolatedSnapshot> = parseAsync(new Uint8Array(), { isolate: 'process' });
Promise.all([isolated, opened]).then(async ([before, after]) => {
  const rows: ClassRow[] = await before.classes({ limit: 1 });
  console.log(rows[0]?.name, before.capture?.pauseMs, after.meta.maxId, (await after.columns()).id.length);
  const compared: IsolatedDiff = await diffAsync(before, after);
  const ids: number[] = await compared.added('key');
  const elsewhere: IsolateOptions = { isolate: 'process' };
  console.log(ids, (await summarizeAsync(compared)).verdict, (await summarizeAsync(['a', 'b'], elsewhere)).verdict);
  console.log((await trendAsync([before, after, 'c'])).rows, (await auditListenersAsync([before, after], elsewhere)).emitters);
  before.dispose();
  // @ts-expect-error only asynchronous functions take them
  summarize(before);
});

// @ts-expect-error there is no other way
capture({ isolate: 'thread' });
