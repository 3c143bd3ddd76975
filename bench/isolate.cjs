#!/usr/bin/env node
'use strict';
// What a capture and its summary cost this process, with and without `isolate: 'process'`: `node bench/isolate.cjs [objects]`.
// Each way in a process of its own; docs/production.md has a result.

const { spawnSync } = require('node:child_process');
const v8 = require('node:v8');
const [, , count = '300000', way] = process.argv;

async function measure() {
  const { capture, summarizeAsync } = require('..');
  globalThis.kept = Array.from({ length: Number(count) }, (_, i) => ({ i, text: `text ${i}`, next: {} }));
  const before = process.memoryUsage.rss();
  const heap = v8.getHeapStatistics().used_heap_size;
  const cpu = process.cpuUsage();
  let stalls = 0;
  let last = performance.now();
  const clock = setInterval(() => {
    const now = performance.now();
    stalls = Math.max(stalls, now - last - 5);
    last = now;
  }, 5);
  const snapshot = await capture({ force: true, ...(way === 'process' && { isolate: 'process' }) });
  last = performance.now();
  stalls = 0;
  const open = process.memoryUsage.rss();
  const began = performance.now();
  await summarizeAsync(snapshot);
  const { user, system } = process.cpuUsage(cpu);
  clearInterval(clock);
  const figure = (bytes) => `${Math.round(bytes / 1e6)} MB`;
  const { pauseMs, leakscanMs, totalMs, bytes } = snapshot.capture;
  const { maxRSS } = process.resourceUsage();
  console.log(
    `${way.padEnd(8)} heap ${figure(heap)}, file ${figure(bytes)}; capture ${Math.round(totalMs)} ms, stands still ${Math.round(pauseMs)} ms (leakscan ${Math.round(leakscanMs)} ms); ` +
      `summary ${Math.round(performance.now() - began)} ms, longest stall ${Math.round(stalls)} ms; CPU ${((user + system) / 1e6).toFixed(2)} s; ` +
      `resident before ${figure(before)}, at most ${figure(maxRSS * 1024)}, while open ${figure(open)}`,
  );
  snapshot.dispose();
}

if (way) measure();
else {
  console.log(`Node.js ${process.versions.node}`);
  for (const each of ['here', 'process']) spawnSync(process.execPath, [__filename, count, each], { stdio: 'inherit' });
}
