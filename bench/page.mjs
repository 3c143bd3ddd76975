// How smooth the page stays with a file of any size: opens it as `leakscan open` does, scrolls the table of classes and the objects of a
// class, zooms in the treemap, and tells how long the frames took and how long the page itself worked.
//   node bench/page.mjs FILE     Chromium is that of the tests (`node __test__/setup.mjs`)

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { launch } from '../__test__/browser/chromium.mjs';

const bin = fileURLToPath(new URL('../bin/leakscan.js', import.meta.url));
const [file] = process.argv.slice(2);

/** Memory of a process in MB: now, and at most. */
function memoryOf(pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return ['VmRSS', 'VmHWM'].map((name) => Math.round(Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)[1]) / 1000));
}

/** In the page: does something in each frame, and tells how long the frames took. */
function watchFrames() {
  globalThis.during = async (steps, step) => {
    const times = [];
    const next = () => new Promise((resolve) => requestAnimationFrame(resolve));
    let last = await next();
    for (let nth = 0; nth < steps; nth++) {
      step(nth);
      const now = await next();
      times.push(now - last);
      last = now;
    }
    return times;
  };
}

/** Milliseconds of processor time of each task of the page's main thread. A frame that took longer waited for something else. */
function tasksOf(trace) {
  const { traceEvents } = JSON.parse(trace);
  const page = traceEvents.find(({ name, args }) => name === 'TracingStartedInBrowser' && args)?.args.data.frames[0].processId;
  const threads = new Set(traceEvents.filter(({ name, args, pid }) => name === 'thread_name' && args.name === 'CrRendererMain' && (page === undefined || pid === page)).map(({ pid, tid }) => `${pid}/${tid}`));
  return traceEvents.filter(({ name, pid, tid, tdur }) => name === 'ThreadControllerImpl::RunTask' && tdur !== undefined && threads.has(`${pid}/${tid}`)).map(({ tdur }) => tdur / 1000);
}

const child = spawn(process.execPath, [bin, 'open', file, '--no-browser'], { stdio: ['ignore', 'pipe', 'inherit'] });
const browser = await launch();
try {
  const began = performance.now();
  const [line] = await once(child.stdout.setEncoding('utf8'), 'data');
  console.log(`opened in ${((performance.now() - began) / 1000).toFixed(1)} s; the process has ${memoryOf(child.pid)[0]} MB, and had ${memoryOf(child.pid)[1]} MB at most`);
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  page.setDefaultTimeout(600_000);
  await page.addInitScript(watchFrames);
  await page.goto(line.trim());
  /** @param {string} what @param {number} steps @param {string} body of a function `(nth)` in the page */
  const measure = async (what, steps, body) => {
    await browser.startTracing(page, { categories: ['toplevel', 'disabled-by-default-devtools.timeline', '__metadata'] });
    const times = await page.evaluate(`during(${steps}, (nth) => { ${body} })`);
    const tasks = tasksOf(await browser.stopTracing()).sort((a, b) => a - b);
    times.sort((a, b) => a - b);
    const at = (list, share) => (list[Math.min(list.length - 1, Math.floor(share * list.length))] ?? NaN).toFixed(1);
    const own = tasks.reduce((sum, it) => sum + it, 0) / steps;
    console.log(`${what}: ${times.length} frames, median ${at(times, 0.5)} ms, 99th percentile ${at(times, 0.99)} ms, longest ${at(times, 1)} ms, ${times.filter((it) => it > 50).length} over 50 ms; ` +
      `the page's thread worked ${own.toFixed(1)} ms a frame, its longest task ${at(tasks, 1)} ms`);
  };
  /** Turns the wheel, then drags the bar to the end and back. */
  const scroll = async (what, table) => {
    const rows = `document.querySelector('${table} .rows')`;
    await measure(`${what}, wheel`, 300, `const it = ${rows}; if (it.dispatchEvent(new WheelEvent('wheel', { deltaY: 100, bubbles: true, cancelable: true }))) it.scrollTop += 100`);
    await measure(`${what}, bar`, 240, `const it = ${rows}; it.scrollTop = (it.scrollHeight * (120 - Math.abs(120 - nth))) / 120`);
  };
  await page.click('nav >> text=Explore');
  const classes = '[role=grid][aria-label=Classes]';
  await page.waitForSelector(`${classes} [data-row="0"]:not(.pending)`);
  console.log(`${await page.getAttribute(classes, 'aria-rowcount')} classes, ${(await page.textContent('.foot')).trim()}`);
  await scroll('classes', classes);
  await page.evaluate((table) => (document.querySelector(`${table} .rows`).scrollTop = 0), classes);
  await page.click('.heading:has-text("Count")');
  await page.waitForSelector('[aria-sort=descending]:has-text("Count")');
  await page.click(`${classes} [data-row="0"]:not(.pending)`);
  const objects = '[role=grid][aria-label^="Objects of"]';
  await page.waitForSelector(`${objects} [data-row="0"]:not(.pending)`);
  console.log(`${await page.getAttribute(objects, 'aria-rowcount')} objects`);
  await scroll('objects', objects);
  await page.evaluate(() => (location.hash = '#/explore?list=dominators'));
  await page.waitForSelector('.map-tree [role=treeitem]');
  await measure('treemap, as it fills', 200, '');
  await measure('treemap, mouse', 200, `const it = document.querySelector('.treemap canvas'); const { left, top, width, height } = it.getBoundingClientRect();
    it.dispatchEvent(new MouseEvent('mousemove', { bubbles: true, clientX: left + (width * nth) / 200, clientY: top + height * (0.5 + 0.4 * Math.sin(nth / 9)) }))`);
  for (let depth = 1; depth <= 3; depth++) {
    await page.click('.map-tree [role=treeitem] >> nth=0');
    if (!(await page.waitForSelector('.map-chosen >> text=Zoom in', { timeout: 5000 }).catch(() => undefined))) break;
    await measure(`treemap, zoom ${depth}`, 60, `if (nth === 0) [...document.querySelectorAll('.map-chosen button')].find((it) => it.textContent === 'Zoom in').click()`);
  }
  console.log(`at the end the process has ${memoryOf(child.pid)[0]} MB, and had ${memoryOf(child.pid)[1]} MB at most; load ${readFileSync('/proc/loadavg', 'utf8').split(' ')[0]}`);
} finally {
  await browser.close();
  child.kill('SIGINT');
  await once(child, 'exit');
}
