// As usage.ts: what a service asks of itself.

import { Worker } from 'node:worker_threads';
import { LeakscanError, Snapshot, capture, parse } from 'leakscan';
import type { CaptureOptions, CaptureReport, MemoryFigures } from 'leakscan';

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
