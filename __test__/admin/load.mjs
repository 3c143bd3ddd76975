// Keeps requests going to a service while every route of its admin endpoint works, and tells what the requests saw:
//   node __test__/admin/load.mjs [SECONDS] [--isolate]     with the figures of docs/admin.md

import { fork } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { TOKEN } from './ask.mjs';

const RATE = 200;
const service = fileURLToPath(new URL('loaded.cjs', import.meta.url));

/** Sends `RATE` requests a second until `signal` says; each is counted, however late it is. */
async function load(url, signal) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 256 });
  const times = [];
  let failures = 0;
  const open = new Set();
  const began = performance.now();
  for (let sent = 0; !signal.aborted; ) {
    for (const due = Math.floor(((performance.now() - began) / 1000) * RATE); sent < due; sent++) {
      // From when it was due: a client that waits for its turn must not hide a pause.
      const at = began + (sent / RATE) * 1000;
      const done = new Promise((resolve) => {
        const request = http.get(url, { agent }, (response) => {
          response.resume();
          response.on('end', () => {
            if (response.statusCode !== 200) failures++;
            times.push(performance.now() - at);
            resolve();
          });
        });
        request.on('error', () => {
          failures++;
          resolve();
        });
      });
      open.add(done);
      done.then(() => open.delete(done));
    }
    await wait(2);
  }
  await Promise.all(open);
  agent.destroy();
  times.sort((a, b) => a - b);
  const share = (part) => Math.round(times[Math.min(times.length - 1, Math.floor(part * times.length))] * 10) / 10;
  return { requests: times.length + failures, failures, p50: share(0.5), p99: share(0.99), p999: share(0.999), max: share(1) };
}

/** The endpoint's routes, as a client that uses all of them. */
class Client {
  /** Statuses by route. */
  calls = {};
  #admin;

  constructor(admin) {
    this.#admin = admin;
  }

  async ask(method, target) {
    const answer = await fetch(`${this.#admin}${target}`, { method, headers: { authorization: `Bearer ${TOKEN}` } });
    const text = await answer.text();
    if (answer.status >= 500) throw new Error(`${method} ${target}: ${answer.status} ${text}`);
    this.calls[`${method} ${target.replace(/\?.*/, '').replace(/\/\d+/g, '/{}')}`] = answer.status;
    return answer.headers.get('content-type')?.startsWith('application/json') ? JSON.parse(text) : undefined;
  }

  /** What stops the thread: V8's snapshots and its walks over the heap. */
  async stop() {
    const { id } = await this.ask('POST', 'api/captures?label=load');
    await this.ask('GET', `api/captures/${id}/events`);
    const { snapshot } = await this.ask('GET', `api/captures/${id}`);
    await this.ask('DELETE', `api/captures/${id}`);
    for (const target of ['api/audits/listeners?all=true', 'api/audits/timers']) await this.ask('GET', target);
    return snapshot;
  }

  /** Everything else, about two snapshots. */
  async question(before, after) {
    const { id } = await this.ask('POST', 'api/allocations?seconds=1');
    const { rows } = await this.ask('GET', `api/snapshots/${after}/classes?limit=1000`);
    const key = encodeURIComponent(rows[0].key);
    const { rows: nodes } = await this.ask('GET', `api/snapshots/${after}/instances?class=${key}`);
    const node = `api/snapshots/${after}/nodes/${nodes[0].id}`;
    const snapshot = `api/snapshots/${after}`;
    const pair = `before=${before}&after=${after}`;
    const targets = ['', 'metrics', 'api/health', 'api/audits/listeners', 'api/audits/handles', 'api/captures', 'api/snapshots', `api/allocations/${id}`];
    const one = ['summary', 'statistics', 'find?type=object&limit=1000', 'strings', 'dominators', 'file'].map((view) => `${snapshot}/${view}`);
    const ofNode = ['', '/edges', '/retainers', '/paths', '/dominated'].map((view) => node + view);
    const series = [`api/summary?snapshots=${before},${after}`, `api/trend?snapshots=${before},${after}`, `api/listeners?snapshots=${before},${after}`, `api/diff?${pair}`, `api/diff/added?${pair}&class=${key}`];
    for (const target of [...targets, ...one, ...ofNode, ...series]) await this.ask('GET', target);
    await this.ask('DELETE', `api/allocations/${id}`);
  }
}

/** @param {{ seconds?: number, isolate?: boolean }} options of each phase */
export async function run({ seconds = 1, isolate = false } = {}) {
  const child = fork(service, [TOKEN, isolate ? 'process' : ''], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  try {
    const [{ url, admin }] = await once(child, 'message');
    const client = new Client(admin);
    /** What requests saw while something was done, at least once. */
    const during = async (something) => {
      const ended = new AbortController();
      const seen = load(url, ended.signal);
      const until = performance.now() + seconds * 1000;
      try {
        do await something();
        while (performance.now() < until);
      } finally {
        ended.abort();
      }
      return seen;
    };
    await during(() => wait(300));
    const [before, after] = [await client.stop(), await client.stop()];
    const without = await during(() => wait(100));
    const questions = await during(() => client.question(before, after));
    const everything = await during(async () => {
      const next = await client.stop();
      await client.question(before, next);
      await client.ask('DELETE', `api/snapshots/${next}`);
    });
    return { without, questions, everything, calls: client.calls };
  } finally {
    child.kill();
    await once(child, 'exit');
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { calls, ...figures } = await run({ seconds: Number(process.argv[2] ?? 10), isolate: process.argv.includes('--isolate') });
  console.log(process.version, figures, Object.keys(calls).length, 'kinds of calls');
}
