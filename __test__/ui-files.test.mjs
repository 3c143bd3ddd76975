// The page without a process behind it: `leakscan open FILE…`, and what `--html` writes.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { launch } from './browser/chromium.mjs';
import { accessibility, assertQuiet, open } from './browser/page.mjs';
import heaps from './cli/heaps.cjs';
import inputs from './inputs.cjs';

const leakscan = createRequire(import.meta.url)('../index.js');
const bin = fileURLToPath(new URL('../bin/leakscan.js', import.meta.url));
const cwd = inputs.temporaryDirectory({ after });
const pair = ['before.heapsnapshot', 'leaking.heapsnapshot'];
const at = (name) => path.join(cwd, name);
let browser;

before(async () => {
  for (const name of ['before', 'leaking', 'healthy']) writeFileSync(at(`${name}.heapsnapshot`), heaps.bytes(name));
  browser = await launch();
});
after(() => browser?.close());

/** `leakscan open`, until it has printed its link. */
async function started(...args) {
  const child = spawn(process.execPath, [bin, 'open', ...args, '--no-browser'], { cwd, stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(child.stdout.setEncoding('utf8'), 'data');
  return { child, link: line.trim() };
}

test('leakscan open: the views that files have, by a link that is good once, until Ctrl+C', async () => {
  const { child, link } = await started(...pair);
  assert.match(link, /^http:\/\/127\.0\.0\.1:\d+\/#ticket=[\w-]{32}$/);
  const opened = await open(browser, { url: link });
  const { page } = opened;
  await page.waitForSelector('.verdict');
  assert.deepEqual(await page.$$eval('nav[aria-label=Views] a', (all) => all.map((it) => it.textContent)), ['Overview', 'Findings', 'Compare', 'Explore', 'Listeners']);
  const summary = leakscan.summarize(pair.map(at));
  assert.ok((await page.textContent('.verdict')).includes(summary.findings[0].title));
  assert.deepEqual(await page.$$eval('.snapshots h2', (all) => all.map((it) => it.textContent)), pair);
  assert.deepEqual(await accessibility(page), []);
  await page.click('nav >> text=Listeners');
  await page.waitForSelector('[aria-label="listeners by place"] [data-row="0"]');
  const { emitters } = leakscan.auditListeners(pair.map(at));
  assert.ok((await page.textContent('[aria-label="listeners by place"] [data-row="0"]')).includes(emitters[0].name));
  assertQuiet(opened, new URL('/', link).href);
  const { status } = await fetch(new URL('api/snapshots', link));
  assert.equal(status, 401);
  child.kill('SIGINT');
  assert.deepEqual(await once(child, 'exit'), [0, null]);
});
