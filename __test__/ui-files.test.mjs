// The page without a process behind it: `leakscan open FILE…`, and what `--html` writes.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { launch } from './browser/chromium.mjs';
import { accessibility, assertQuiet, open, shows } from './browser/page.mjs';
import heaps from './cli/heaps.cjs';
import inputs from './inputs.cjs';
import snapshotText from './snapshot-text.cjs';

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
  await shows(page, '.verdict', [summary.findings[0].title]);
  await shows(page, '.snapshots h2', pair, { all: true });
  assert.deepEqual(await accessibility(page), []);
  await page.click('nav >> text=Listeners');
  await page.waitForSelector('[aria-label="listeners by place"] [data-row="0"]');
  const { emitters } = leakscan.auditListeners(pair.map(at));
  await shows(page, '[aria-label="listeners by place"] [data-row="0"]', [emitters[0].name]);
  assertQuiet(opened, new URL('/', link).href);
  const { status } = await fetch(new URL('api/snapshots', link));
  assert.equal(status, 401);
  child.kill('SIGINT');
  assert.deepEqual(await once(child, 'exit'), [0, null]);
});

/** A page that was written to a file, with the network off. */
async function written(name, text) {
  if (text !== undefined) writeFileSync(at(name), text);
  const opened = await open(browser, { url: pathToFileURL(at(name)).href, offline: true });
  await opened.page.waitForSelector('main.view');
  return opened;
}
const titles = (page) => page.$$eval('nav[aria-label=Views] a', (all) => all.map((it) => it.textContent));

test('--html: every view of the files, from a file, with the network off', async () => {
  spawnSync(process.execPath, [bin, 'summary', ...pair, '--rounds', '300', '--html', 'kept.html'], { cwd });
  const opened = await written('kept.html');
  const { page } = opened;
  assert.deepEqual(await titles(page), ['Overview', 'Findings', 'Compare', 'Explore', 'Listeners']);
  const { findings } = leakscan.summarize(pair.map(at), { rounds: 300 });
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme });
    await page.click('nav >> text=Findings');
    await page.waitForSelector('.finding');
    await shows(page, '.finding h2', findings.map(({ title }) => title), { all: true });
    assert.deepEqual(await accessibility(page), []);
  }
  await page.click('.finding .facts a.node-name >> nth=0');
  await page.waitForSelector('.detail .path');
  await page.click('nav >> text=Compare');
  await page.waitForSelector('[aria-label="Classes that changed"] [data-row="0"]:not(.pending)');
  await page.click('.heading:has-text("Class")');
  const names = leakscan.diff(...pair.map(at)).classes.map(({ name }) => name).sort();
  await page.waitForSelector(`[data-row="0"]:has-text("${names[0]}")`);
  await page.click('nav >> text=Explore');
  await page.click('[role=tab]:has-text("Dominators")');
  await page.waitForSelector('.map-tree [role=treeitem]');
  await page.click('[role=tab]:has-text("Classes")');
  await page.click('[aria-label=Classes] [data-row="0"]:not(.pending)');
  await page.waitForSelector('[aria-label^="Objects of"] [data-row="0"]:not(.pending)');
  // What a file does not hold says so, and what would.
  await page.evaluate(() => (location.hash = '#/explore?node=999999'));
  await page.waitForSelector('text=This is not in the page');
  await page.click('nav >> text=Listeners');
  await page.waitForSelector('[aria-label="listeners by place"] [data-row="0"]');
  assertQuiet(opened, 'file:');
  await opened.context.close();
});

test("toString({ format: 'html' }): the same page with the views that its answer fills", async () => {
  const files = pair.map(at);
  const cases = [
    [leakscan.summarize(files), ['Overview', 'Findings']],
    [leakscan.summarize(files[1]), ['Overview', 'Findings']],
    [leakscan.diff(...files), ['Overview', 'Compare']],
    [leakscan.trend(files), ['Overview', 'Compare']],
    [leakscan.auditListeners(files), ['Overview', 'Listeners']],
  ];
  for (const [answer, views] of cases) {
    const opened = await written('answer.html', answer.toString({ format: 'html' }));
    assert.deepEqual(await titles(opened.page), views);
    await opened.page.click('nav[aria-label=Views] a >> nth=1');
    await opened.page.waitForSelector('.finding, [data-row="0"]:not(.pending)');
    assertQuiet(opened, 'file:');
    await opened.context.close();
  }
});

/** A heap of so many classes, of one object each. */
function manyClasses(count) {
  const nodes = [{ type: 'synthetic', name: '', id: 1, size: 0, edges: [] }, { type: 'object', name: 'global', id: 3, size: 16, edges: [] }];
  nodes[0].edges.push({ type: 'element', name: 1, to: 1 });
  for (let i = 0; i < count; i++) {
    nodes.push({ type: 'object', name: `Handler${i}`, id: 5 + 2 * i, size: 16 + (i % 1000) * 8, edges: [] });
    nodes[1].edges.push({ type: 'property', name: `h${i}`, to: nodes.length - 1 });
  }
  return snapshotText.write({ nodes });
}

test('a class table of 300,000 rows scrolls in windows, by rows, and draws only what is seen', async (t) => {
  // More than fit into what a browser scrolls: the bar is out of proportion.
  const count = 300_000;
  writeFileSync(at('many.heapsnapshot'), manyClasses(count));
  const { child, link } = await started('many.heapsnapshot');
  const { page, requests, context } = await open(browser, { url: link });
  await page.waitForSelector('nav >> text=Explore');
  await page.click('nav >> text=Explore');
  const table = '[role=grid][aria-label=Classes]';
  await page.waitForSelector(`${table} [data-row="0"]:not(.pending)`);
  assert.equal(await page.getAttribute(table, 'aria-rowcount'), String(count + 2));
  await page.hover(table);
  await page.mouse.wheel(0, 300);
  await page.waitForFunction((of) => document.querySelector(`${of} [data-row="${2}"]`)?.getBoundingClientRect().top < document.querySelector(of).getBoundingClientRect().top, table);
  const first = await page.$eval(table, (it) => [...it.querySelectorAll('[data-row]')].find((row) => row.getBoundingClientRect().top >= it.getBoundingClientRect().top + 32)?.dataset.row);
  assert.ok(first >= 8 && first <= 12, `300 pixels are ten rows, found ${first}`);
  const devtools = await context.newCDPSession(page);
  await devtools.send('Performance.enable');
  /** Seconds that the page itself has worked: script, style and layout. */
  const worked = async () => {
    const { metrics } = await devtools.send('Performance.getMetrics');
    return metrics.filter(({ name }) => /^(Script|Layout|RecalcStyle)Duration$/.test(name)).reduce((sum, { value }) => sum + value, 0);
  };
  const workedBefore = await worked();
  // Frames while a wheel turns, and while the bar is dragged to its end and back.
  const frames = await page.evaluate(async (selector) => {
    const rows = document.querySelector(`${selector} .rows`);
    const times = [];
    let most = 0;
    const next = () => new Promise((resolve) => requestAnimationFrame(resolve));
    let last = await next();
    const step = async (top) => {
      rows.scrollTop = top;
      const now = await next();
      times.push(now - last);
      last = now;
      most = Math.max(most, rows.querySelectorAll('[data-row]').length);
    };
    for (let i = 1; i <= 120; i++) await step(i * 100);
    for (let i = 0; i <= 60; i++) await step((rows.scrollHeight * i) / 60);
    for (let i = 60; i >= 0; i--) await step((rows.scrollHeight * i) / 60);
    await step(rows.scrollHeight);
    return { times: times.sort((a, b) => a - b), most };
  }, table);
  const { times, most } = frames;
  t.diagnostic(`the page's own work: ${(((await worked()) - workedBefore) * 1000 / times.length).toFixed(1)} ms a frame`);
  t.diagnostic(`${times.length} frames: median ${times[times.length >> 1].toFixed(1)} ms, longest ${times.at(-1).toFixed(1)} ms, ${times.filter((it) => it > 50).length} over 50 ms`);
  assert.ok(most < 80, `${most} rows are drawn`);
  await page.waitForSelector(`${table} [data-row="${count}"]:not(.pending)`);
  const limits = requests.filter((it) => it.includes('/classes?')).map((it) => new URL(it).searchParams.get('limit'));
  assert.deepEqual([...new Set(limits)], ['100']);
  await context.close();
  child.kill('SIGINT');
  await once(child, 'exit');
});
