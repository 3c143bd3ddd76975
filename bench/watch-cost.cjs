#!/usr/bin/env node
'use strict';
// What `watch()` costs a service: `node bench/watch-cost.cjs [minutes]`, 10 unless said otherwise. Two processes answer 50 requests a
// second each over the loopback interface. One is watched in the first half and not in the second, the other the other way round, so that
// neither what else the machine does nor the age of a process is taken for the watch. Told are the processor time of all that
// the process did, watched and not, and, more exactly, that of the watch's own callbacks. docs/production.md has a result.

const { fork } = require('node:child_process');
const { once } = require('node:events');
const http = require('node:http');

const RATE = 50;
const minutes = Number(process.argv[2] ?? 10);

/** Processor time in milliseconds: of this thread, where Node.js tells it, else of the process. */
function processorMs() {
  const { user, system } = (process.threadCpuUsage ?? process.cpuUsage).call(process);
  return (user + system) / 1000;
}

/** Starts a watch whose callbacks count what they take. */
function watchCounted() {
  const { watch } = require('..');
  const own = { calls: 0, cpuMs: 0, wallMs: 0 };
  const counted = (work) => (...args) => {
    const [cpu, wall] = [processorMs(), performance.now()];
    work(...args);
    own.calls++;
    own.wallMs += performance.now() - wall;
    own.cpuMs += processorMs() - cpu;
  };
  const { FinalizationRegistry, setInterval } = globalThis;
  globalThis.FinalizationRegistry = class extends FinalizationRegistry {
    constructor(work) {
      super(counted(work));
    }
  };
  globalThis.setInterval = (work, ...rest) => setInterval(counted(work), ...rest);
  try {
    return { watcher: watch(), own };
  } finally {
    Object.assign(globalThis, { FinalizationRegistry, setInterval });
  }
}

/** The service: a cache of a few thousand records, and some garbage with every answer. */
function serve() {
  const cache = new Map();
  let requests = 0;
  const server = http.createServer((request, response) => {
    const key = ++requests % 5000;
    cache.set(key, { key, requests, tags: Array.from({ length: 20 }, (_, at) => `tag ${requests} ${at}`) });
    response.end(JSON.stringify([...cache.values()].slice(0, 100)));
  });
  server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
  let watched;
  let began;
  const begin = () => (began = { cpu: process.cpuUsage(), at: performance.now(), requests });
  const end = (isWatched) => {
    const { user, system } = process.cpuUsage(began.cpu);
    const samples = watched?.watcher.toJSON().sampleCount;
    process.send({ isWatched, cpuMs: (user + system) / 1000, ms: performance.now() - began.at, requests: requests - began.requests, own: watched?.own, samples });
  };
  process.on('message', ({ phase, isWatched }) => {
    if (phase === 'begin') {
      watched = isWatched ? watchCounted() : undefined;
      begin();
    } else {
      end(watched !== undefined);
      watched?.watcher.close();
    }
  });
}

async function load(port, state) {
  const agent = new http.Agent({ keepAlive: true });
  for (let due = performance.now(); !state.isOver; due += 1000 / RATE) {
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now())));
    http.get({ port, agent, host: '127.0.0.1' }, (response) => response.resume()).on('error', () => {});
  }
  agent.destroy();
}

async function main() {
  console.log(`Node.js ${process.versions.node}: ${minutes} minutes watched, ${minutes} not, in each of two services at ${RATE} requests a second`);
  const state = { isOver: false };
  const services = await Promise.all([true, false].map(async (first) => {
    const child = fork(__filename, ['serve'], { stdio: 'inherit' });
    const [{ port }] = await once(child, 'message');
    void load(port, state);
    return { child, first };
  }));
  // Code warms up.
  await new Promise((resolve) => setTimeout(resolve, Math.min(60_000, minutes * 6000)));
  const results = [];
  for (const half of [0, 1]) {
    for (const { child, first } of services) child.send({ phase: 'begin', isWatched: (half === 0) === first });
    await new Promise((resolve) => setTimeout(resolve, minutes * 60_000));
    for (const { child } of services) {
      child.send({ phase: 'end' });
      results.push((await once(child, 'message'))[0]);
    }
  }
  state.isOver = true;
  for (const { child } of services) child.kill();
  const share = (cpuMs, ms) => `${((100 * cpuMs) / ms).toFixed(4)} %`;
  const shares = { true: [], false: [] };
  for (const { isWatched, cpuMs, ms, requests, own, samples } of results) {
    shares[isWatched].push((100 * cpuMs) / ms);
    const ownText = own ? `; the watch's callbacks ${own.calls}, ${samples} samples: ${own.cpuMs.toFixed(1)} ms of the processor (${own.wallMs.toFixed(1)} ms passed), ${share(own.cpuMs, ms)} of a core` : '';
    console.log(`${isWatched ? 'watched    ' : 'not watched'} ${requests} requests, ${share(cpuMs, ms)} of a core${ownText}`);
  }
  const mean = (list) => list.reduce((sum, value) => sum + value, 0) / list.length;
  console.log(`watched less not watched: ${(mean(shares.true) - mean(shares.false)).toFixed(4)} % of a core; each alone: ${[0, 1].map((at) => (shares.true[at] - shares.false[1 - at]).toFixed(4)).join(', ')}`);
}

if (process.argv[2] === 'serve') serve();
else main();
