#!/usr/bin/env node
// @ts-check
// `npm run demo:admin`: the admin endpoint's page on a service that really leaks.
//
// Starts the gateway of examples/gateway, with the endpoint in it by examples/admin/preload.js, keeps requests going, and opens the
// page. Watching is made quick, so that a verdict comes after a minute and not after ten.
//   --no-open     only tells where the page is
//   --fixed       the repaired gateway
//   --seconds N   ends by itself

import { fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { browse } from '../lib/browser.js';

const REQUESTS_PER_SECOND = 150;
const WATCH = { interval: 1000, warmUp: 2000, minDuration: 30_000, minGrowth: 500_000 };

const { values: options } = parseArgs({ options: { 'no-open': { type: 'boolean' }, fixed: { type: 'boolean' }, seconds: { type: 'string' } } });
const example = (/** @type {string} */ path) => fileURLToPath(new URL(`../examples/${path}`, import.meta.url));
const { startUpstream } = createRequire(import.meta.url)('../examples/gateway/upstream.js');

const upstream = await startUpstream(0);
const gateway = fork(example('gateway/dist/index.js'), options.fixed ? ['--fixed'] : [], {
  env: {
    ...process.env,
    PORT: '0',
    UPSTREAM_PORT: String(upstream.address().port),
    LEAKSCAN_TOKEN: randomBytes(24).toString('base64url'),
    ADMIN_PORT: '0',
    WATCH: JSON.stringify(WATCH),
  },
  execArgv: ['--require', example('admin/preload.js')],
  // Node's own warning about too many listeners is not what this demo is about.
  stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
});
const ended = new AbortController();
gateway.once('exit', () => ended.abort());
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => ended.abort());

/** Both ends of the service tell where they are. @type {{ port?: number, admin?: string }} */
const places = {};
try {
  while (places.port === undefined || places.admin === undefined) Object.assign(places, (await once(gateway, 'message', { signal: ended.signal }))[0]);
  console.log(`The gateway leaks at http://127.0.0.1:${places.port}/, ${REQUESTS_PER_SECOND} requests a second.`);
  console.log(`Its page, by a link that is good once: ${places.admin}`);
  console.log('Capture, wait a little, capture again, and read Findings. Ctrl+C ends it.');
  if (!options['no-open']) browse(places.admin);
  const until = options.seconds === undefined ? Infinity : performance.now() + Number(options.seconds) * 1000;
  while (performance.now() < until) {
    await Promise.all([request(), wait(1000 / REQUESTS_PER_SECOND, undefined, { signal: ended.signal })]);
  }
} catch (error) {
  if (!ended.signal.aborted) throw error;
} finally {
  gateway.kill();
  upstream.closeAllConnections();
  upstream.close();
}

async function request() {
  try {
    await (await fetch(`http://127.0.0.1:${places.port}/orders`)).text();
  } catch {
    // The gateway stands still while it takes a snapshot, and ends with the demo.
  }
}
