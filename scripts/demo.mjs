#!/usr/bin/env node
// @ts-check
// `npm run demo`: a server leaks, leakscan says where.
//
// Starts the gateway of examples/gateway in a process of its own, warms it up, takes a heap snapshot, sends it exactly
// 300 requests, takes another, and prints how the two differ and what leaks. Exits with 0 when the answer is the right one.
//   --fixed   the same with the leak repaired: nothing may be found
//   --json    the answers as JSON

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { diff, parse, summarize } from 'leakscan';

/** Enough for V8 to have compiled what it will compile, and for the connections to be open. */
const WARM_UP = 50;
const REQUESTS = 300;
const SETTLE_MS = 200;

const { values: options } = parseArgs({ options: { fixed: { type: 'boolean' }, json: { type: 'boolean' } } });
const say = (/** @type {string} */ text) => console.error(text);
const example = (/** @type {string} */ path) => fileURLToPath(new URL(`../examples/${path}`, import.meta.url));
const { startUpstream } = createRequire(import.meta.url)('../examples/gateway/upstream.js');

/**
 * Runs the gateway while `use` uses it.
 * @param {(address: string, snapshot: (path: string) => Promise<void>) => Promise<void>} use gets the gateway's address
 *   and a function that has it write a snapshot
 */
async function withGateway(use) {
  const upstream = await startUpstream(0);
  const gateway = fork(example('gateway/dist/index.js'), options.fixed ? ['--fixed'] : [], {
    env: { ...process.env, PORT: '0', UPSTREAM_PORT: String(upstream.address().port) },
    execArgv: ['--require', example('snapshotOnMessage.js')],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });

  // Node's own warning about too many listeners comes here too: shown only when the gateway dies.
  let complaints = '';
  gateway.stderr?.setEncoding('utf8').on('data', (text) => (complaints += text));
  const ended = new AbortController();
  gateway.once('exit', () => ended.abort(new Error(`the gateway ended early\n${complaints}`)));
  const reply = async () => (await once(gateway, 'message', { signal: ended.signal }))[0];

  try {
    const { port } = await reply();
    await use(`http://127.0.0.1:${port}`, async (path) => {
      gateway.send({ snapshot: path });
      await reply();
    });
  } finally {
    gateway.kill();
    upstream.closeAllConnections();
    upstream.close();
  }
}

/**
 * One after the other over one kept-alive connection, then a moment for the gateway to finish what it began.
 * @param {string} address
 * @param {number} requests
 */
async function send(address, requests) {
  for (let i = 0; i < requests; i++) {
    const response = await fetch(`${address}/orders?page=${i}`);
    await response.text();
    if (!response.ok) throw new Error(`the gateway answered ${response.status}`);
  }
  await sleep(SETTLE_MS);
}

/**
 * Whether the summary is the one this demo is about.
 * @param {import('leakscan').Summary} summary
 */
function isRight(summary) {
  const [first] = summary.findings;
  if (options.fixed) return summary.verdict === 'clean' && first === undefined;
  return (
    first?.cause === 'listeners' &&
    first.keywords.includes('uncaughtException') &&
    first.growth?.count === REQUESTS &&
    first.growth.perRound === 1 &&
    first.location?.url?.endsWith('apiProxy.service.js')
  );
}

const dir = mkdtempSync(join(tmpdir(), 'leakscan-demo-'));
try {
  const [before, after] = ['before', 'after'].map((name) => join(dir, `${name}.heapsnapshot`));

  await withGateway(async (address, snapshot) => {
    say(`The gateway runs at ${address} on Node ${process.version}; ${WARM_UP} requests warm it up, then the first snapshot.`);
    await send(address, WARM_UP);
    await snapshot(before);
    say(`${REQUESTS} requests, then the second snapshot.\n`);
    await send(address, REQUESTS);
    await snapshot(after);
  });

  const snapshots = [parse(before), parse(after)];
  const comparison = diff(snapshots[0], snapshots[1]);
  const summary = summarize(snapshots, { rounds: REQUESTS, unit: 'request' });

  if (options.json) console.log(JSON.stringify({ diff: comparison, summary }, null, 2));
  else process.stdout.write(`${comparison}\n${summary}`);

  process.exitCode = isRight(summary) ? 0 : 1;
} finally {
  rmSync(dir, { recursive: true, force: true });
}
