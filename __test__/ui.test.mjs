// The page in Chromium, on a service that leaks: every view by clicking, what it shows beside the API's JSON.

import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import leakscan from 'leakscan';

import { launch } from './browser/chromium.mjs';
import { DESK, PHONE, accessibility, assertQuiet, open, overflow, rowsOf, shows } from './browser/page.mjs';
import inputs from './inputs.cjs';

const WORK = 200;

let browser;
let service;
let url;
let restingUrl;
let token;
let ticket;
/** The page that the tests of the views share, as somebody would who looks around. */
let shared;

before(async () => {
  service = fork(fileURLToPath(new URL('browser/service.cjs', import.meta.url)), { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
  [{ url, restingUrl, token, ticket }] = await once(service, 'message');
  browser = await launch();
});
after(async () => {
  await browser?.close();
  service?.kill();
});

const api = async (path, base = url) => (await fetch(base + path, { headers: { authorization: `Bearer ${token}` } })).json();

/** The service does something, and says when it has. */
async function wish(wishes) {
  service.send(wishes);
  await once(service, 'message');
}

/** A page that is in. */
async function enter(options) {
  const opened = await open(browser, { url, ...options });
  await opened.page.fill('#token', token);
  await opened.page.keyboard.press('Enter');
  await opened.page.waitForSelector('.shell');
  return opened;
}

/** Goes to a view as one does: by its link. */
const view = async (page, name) => {
  await page.click(`nav[aria-label=Views] a:has-text("${name}")`);
  await page.waitForSelector(`nav[aria-label=Views] a[aria-current=page]:has-text("${name}")`);
};

/** Waits until the treemap has more than its ground. */
const painted = (page) =>
  page.waitForFunction(() => {
    const canvas = document.querySelector('.treemap canvas');
    if (!canvas?.width) return false;
    // Of a copy: Chromium warns of looking at a canvas that is drawn on.
    const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d', { willReadFrequently: true });
    copy.drawImage(canvas, 0, 0);
    const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
    return new Set(new Uint32Array(data.buffer)).size > 4;
  });

test('the token is asked for, kept in memory only, and a wrong one is told', async () => {
  const { page, context, requests } = await open(browser, { url });
  assert.deepEqual(requests, [url], 'nothing is asked before there is a token');
  await page.fill('#token', 'not the right one');
  await page.keyboard.press('Enter');
  await page.waitForSelector('[role=alert]');
  assert.match(await page.textContent('[role=alert]'), /does not take this token/);
  await page.fill('#token', token);
  await page.keyboard.press('Enter');
  await page.waitForSelector('.shell');
  const kept = await page.evaluate(() => [localStorage.length, sessionStorage.length, document.cookie, location.href]);
  assert.deepEqual(kept, [0, 0, '', url]);
  await page.reload();
  await page.waitForSelector('#token');
  await context.close();
});

test('a link with a ticket opens the page once, and leaves nothing in the address', async () => {
  const first = await open(browser, { url: `${url}#ticket=${ticket}` });
  await first.page.waitForSelector('.shell');
  assert.equal(await first.page.evaluate(() => location.href), url);
  assertQuiet(first, url);
  await first.context.close();
  const second = await open(browser, { url: `${url}#ticket=${ticket}` });
  await second.page.waitForSelector('[role=alert]');
  assert.match(await second.page.textContent('[role=alert]'), /has been used/);
  await second.context.close();
});

test('Now: what the health says', async () => {
  shared = await enter({});
  const { page } = shared;
  const { memory, process: { pid } } = await api('api/health');
  await page.waitForSelector('.verdict .sentence:not(:empty)');
  await page.waitForSelector(`.figures:has-text("of ${(memory.heapLimit / 1e9).toFixed(1)} GB")`);
  await page.waitForSelector(`.foot:has-text("pid ${pid}")`);
});

test('Capture: two snapshots by clicking, with what they cost told before', async () => {
  const { page } = shared;
  await view(page, 'Capture');
  await page.waitForFunction(() => /about [\d.]+ (ms|s)/.test(document.querySelector('form.capture').textContent));
  for (const [nth, label] of ['before the orders', 'after the orders'].entries()) {
    await page.fill('form.capture input[type=text]', label);
    await page.click('text=Capture a snapshot');
    await page.waitForSelector(`.kept li:nth-child(${nth + 1})`);
    await page.waitForSelector('.good-note');
    await wish({ work: WORK });
  }
  const { snapshots } = await api('api/snapshots');
  assert.deepEqual(snapshots.map(({ label }) => label), ['before the orders', 'after the orders']);
  await shows(page, '.kept b', ['after the orders', 'before the orders'], { all: true });
});

test('Capture: a kept snapshot can be saved, as V8 wrote it', async () => {
  const { page } = shared;
  const [download] = await Promise.all([page.waitForEvent('download'), page.click('.kept li:has-text("#1") >> text=Download')]);
  assert.equal(download.suggestedFilename(), '1.heapsnapshot');
  const { nodeCount } = leakscan.parse(await download.path());
  const [{ nodeCount: told }] = (await api('api/snapshots')).snapshots;
  assert.equal(nodeCount, told);
});

test('Findings: how many requests lay between says growth by request', async () => {
  const { page } = shared;
  await view(page, 'Findings');
  await page.fill('input[aria-label="Rounds between the snapshots"]', '0');
  await page.keyboard.press('Enter');
  await page.waitForSelector('[role=alert]:has-text("Expected a number")');
  await page.fill('input[aria-label="Rounds between the snapshots"]', String(WORK));
  await page.keyboard.press('Enter');
  await page.fill('input[aria-label="What a round is called"]', 'order');
  await page.keyboard.press('Enter');
  await page.waitForSelector('.verdict .sentence:has-text("+1 per order")');
  const { findings } = await api(`api/summary?snapshots=1,2&rounds=${WORK}&unit=order`);
  assert.equal(findings[0].growth.perRound, 1);
  await shows(page, '.finding h2', findings.map(({ title }) => title), { all: true });
  // They hold for the trend too, and go with the address.
  await view(page, 'Compare');
  await page.click('[role=tab]:has-text("Trend")');
  await page.waitForSelector('[aria-label="Places that grew"] [role=columnheader]:has-text("Per round")');
  await page.fill('input[aria-label="Rounds between the snapshots"]', '');
  await page.keyboard.press('Enter');
  await page.waitForSelector('[aria-label="Places that grew"] [role=columnheader]:has-text("Per round")', { state: 'detached' });
});

test('Findings: the summary, each with its signature for the ignore file', async () => {
  const { page } = shared;
  await view(page, 'Findings');
  const { findings } = await api('api/summary?snapshots=1,2');
  assert.ok(findings.length > 0);
  await shows(page, '.finding h2', findings.map(({ title }) => title), { all: true });
  assert.equal(await page.textContent('.verdict h2'), 'It leaks');
  await page.click('.finding >> nth=0 >> text=Ignore …');
  assert.equal(await page.textContent('#ignore-1-line'), `signature:${findings[0].signature}`);
  await page.click('.finding >> nth=0 >> .facts a.node-name');
  await page.waitForSelector('.detail .path');
  assert.match(await page.textContent('.detail h2'), new RegExp(`@${findings[0].owner.id}$`));
});

test('Compare: rows, order, filter and new objects are those of the comparison', async () => {
  const { page } = shared;
  await view(page, 'Compare');
  const label = 'Classes that changed';
  await page.waitForSelector(`[aria-label="${label}"] [data-row]:not(.pending)`);
  const isThere = async (query) => {
    const { classes } = await api(`api/diff?before=1&after=2&limit=10&${query}`);
    await shows(page, `[aria-label="${label}"] [data-row] .node-name`, classes.map(({ name }) => name));
  };
  await isThere('sortBy=sizeDelta');
  await page.click(`[aria-label="${label}"] .heading:has-text("Δ count")`);
  await page.waitForSelector('[role=columnheader][aria-sort=descending]:has-text("Δ count")');
  await isThere('sortBy=countDelta');
  await page.fill('input[aria-label="Filter classes"]', 'sess');
  await isThere('sortBy=countDelta&filter=sess');
  await page.click(`[aria-label="${label}"] [data-row="0"]`);
  await page.waitForSelector('.detail [data-row="0"]:not(.pending)');
  const { classes: [session] } = await api('api/diff?before=1&after=2&limit=1&sortBy=countDelta&filter=sess');
  assert.equal(session.name, 'Session');
  assert.equal(session.addedCount, WORK);
  await page.waitForSelector(`.detail [role=grid][aria-rowcount="${WORK + 1}"]`);
  await page.click('[role=tab]:has-text("Gained most")');
  await page.waitForSelector('[aria-label="Gained most"] [data-row]');
  await page.click('[role=tab]:has-text("Trend")');
  const { rows } = await api('api/trend?snapshots=1,2');
  await page.waitForSelector(`[aria-label="Places that grew"][aria-rowcount="${rows.length + 1}"] [data-row]`);
});

test('Explore: from a class to an object, its paths, retainers and references', async () => {
  const { page } = shared;
  await view(page, 'Explore');
  await page.waitForSelector('[aria-label=Classes] [data-row="0"]:not(.pending)');
  const { rows, total } = await api('api/snapshots/2/classes?limit=5');
  await page.waitForSelector(`[role=grid][aria-label=Classes][aria-rowcount="${total + 1}"]`);
  await shows(page, '[aria-label=Classes] [data-row] [role=gridcell]:nth-child(2)', rows.map(({ count }) => count.toLocaleString('en')));
  await page.fill('input[aria-label="Filter classes"]', 'Session');
  await page.click('[role=row]:has(.node-name:text-is("Session"))');
  const list = '[aria-label="Objects of Session"]';
  await page.waitForSelector(`${list} [data-row="0"]:not(.pending)`);
  await page.click(`${list} [data-row="0"]`);
  await page.waitForSelector('.detail .path');
  const id = /@(\d+)/.exec(await page.textContent('.detail h2'))[1];
  const paths = await api(`api/snapshots/2/nodes/${id}/paths`);
  await shows(page, '.paths > li', paths.rows.map(() => ''), { all: true });
  for (const [tab, route] of [['Retainers', 'retainers'], ['References', 'edges']]) {
    await page.click(`.detail [role=tab]:has-text("${tab}")`);
    await page.waitForSelector(`.detail [role=tab][aria-selected=true]:has-text("${tab}")`);
    const edges = await api(`api/snapshots/2/nodes/${id}/${route}`);
    await shows(page, '.detail [role=treeitem][aria-level="1"]', edges.rows.map(({ node }) => `@${node.id}`), { all: true });
  }
  const line = '.detail [role=treeitem]:has(.twist:not(.none))';
  await page.click(`${line} >> nth=0 >> .twist`);
  await page.waitForSelector('.detail [role=treeitem][aria-level="2"]');
});

test('Explore: searches by id, by name and by conditions', async () => {
  const { page } = shared;
  const search = async (text) => {
    await page.fill('input[aria-label="Search the snapshot"]', text);
    await page.keyboard.press('Enter');
  };
  const { rows: [{ id }] } = await api('api/snapshots/2/find?name=process&type=object&limit=1');
  await search(`@${id}`);
  await page.waitForSelector(`.detail h2:has-text("@${id}")`);
  await search('retained>100kB type:object');
  const objects = '[aria-label^="Objects found for"]';
  await page.waitForSelector(`${objects} [data-row="0"]:not(.pending)`);
  const { rows } = await api('api/snapshots/2/find?minRetainedSize=100000&type=object&limit=100');
  await page.waitForSelector(`${objects}[aria-rowcount="${rows.length + 1}"]`);
  await search('Session');
  await page.waitForSelector('[aria-label=Classes] [data-row="0"]:has-text("Session")');
  await search('depth>3');
  await page.waitForSelector('[role=alert]:has-text("expected a term")');
  await search('@999999999');
  await page.waitForSelector('.detail [role=alert]');
  // The browser itself reports the 400 and the 404 as errors, and nothing else has been wrong.
  assert.deepEqual(shared.errors.splice(0).filter((error) => !/40[04]/.test(error)), []);
});

test('Explore: the treemap comes in windows, zooms, and goes with the tree', async () => {
  const { page, requests } = shared;
  await page.evaluate(() => (location.hash = '#/explore?list=dominators'));
  await page.waitForSelector('.map-tree [role=treeitem]');
  await painted(page);
  const asked = requests.filter((it) => /dominators\?|dominated\?/.test(it)).map((it) => new URL(it).searchParams.get('limit'));
  assert.ok(asked.length > 2 && asked.every((limit) => Number(limit) <= 1000), String(asked));
  const { rows: [first] } = await api('api/snapshots/2/dominators?limit=1');
  await page.click('.map-tree [role=treeitem] >> nth=0');
  await page.waitForSelector(`.map-chosen:has-text("@${first.id}")`);
  await page.click('.map-chosen >> text=Zoom in');
  await page.waitForSelector('.map .crumbs button');
  await page.waitForFunction((id) => location.hash.includes(`zoom=${id}`), first.id);
});

test('Listeners, timers and handles: what the audits say', async () => {
  const { page } = shared;
  await view(page, 'Listeners');
  await page.waitForSelector('[aria-label="listeners by place"] [data-row="0"]');
  const { emitters } = await api('api/audits/listeners');
  const bus = emitters.find(({ events }) => events.some(({ event }) => event === 'order'));
  const row = (await rowsOf(page, 'listeners by place')).find(([, event]) => event.startsWith('order'));
  assert.equal(row[3], bus.events.find(({ event }) => event === 'order').count.toLocaleString('en'));
  assert.match(row[2], /onOrder.*service\.cjs/);
  await page.click('[role=tab]:has-text("Timers")');
  await page.waitForSelector('[aria-label="timers by place"] [data-row]:has-text("expire")');
  await page.click('[role=tab]:has-text("Handles")');
  await page.waitForSelector('[aria-label="handles by place"] [data-row]');
});

test('Capture: cancelled while the process works at it; then it rests, and says for how long; without memory there is none', async () => {
  const go = path.join(inputs.temporaryDirectory({ after }), 'go');
  await wish({ hold: go });
  const { page, context } = await enter({ url: restingUrl });
  await view(page, 'Capture');
  await page.click('text=Capture a snapshot');
  await Promise.all([page.waitForRequest((request) => request.method() === 'DELETE'), page.click('.job >> text=Cancel')]);
  writeFileSync(go, '');
  await page.waitForSelector('text=Nothing was kept');
  const { captures: [job], snapshots } = { ...(await api('api/captures', restingUrl)), ...(await api('api/snapshots', restingUrl)) };
  assert.deepEqual([job.state, snapshots], ['cancelled', []]);
  await page.click('text=Capture a snapshot');
  await page.waitForSelector('button:disabled:has-text("Again in 3")');
  await page.waitForSelector('[role=alert]:has-text("The last capture was a moment ago")');
  await wish({ available: 1e6 });
  await page.waitForSelector('form.capture:has-text("1.0 MB available: not enough")');
  await wish({ available: null });
  await context.close();
});

test('when too many ask, the page says so, asks again, and shows what there is', async () => {
  const opened = await enter({});
  const { page, context, errors } = opened;
  let refused = 0;
  const error = { code: 'ERR_LEAKSCAN_BUSY', message: 'too many questions wait for an answer' };
  await page.route('**/api/summary?*', (route) => (refused++ < 2 ? route.fulfill({ status: 503, headers: { 'retry-after': '1' }, json: { error } }) : route.continue()));
  await view(page, 'Findings');
  await page.waitForSelector('[role=status]:has-text("Others are asking too")');
  await page.waitForSelector('.finding');
  await page.waitForSelector('[role=status]:has-text("Others are asking too")', { state: 'detached' });
  assert.equal(refused, 3);
  assert.deepEqual(errors.filter((it) => !/503/.test(it)), []);
  await context.close();
});

test('Capture: where a proxy ends the events early, the job is asked for', async () => {
  const { page, context } = await enter({});
  let state = 'parsing';
  const job = () => ({ schemaVersion: 1, id: 99, kind: 'capture', label: '', state, phase: 'reading', done: 3, total: 4 });
  await page.route('**/api/captures', (route) => (route.request().method() === 'POST' ? route.fulfill({ status: 202, json: job() }) : route.continue()));
  await page.route('**/api/captures/99/events', (route) => route.fulfill({ contentType: 'text/event-stream', body: `event: progress\ndata: ${JSON.stringify(job())}\n\n` }));
  await page.route('**/api/captures/99', (route) => {
    if (route.request().method() === 'DELETE') state = 'cancelled';
    return route.fulfill({ json: job() });
  });
  await view(page, 'Capture');
  await page.click('text=Capture a snapshot');
  await page.waitForSelector('progress[value="0.75"]');
  await page.click('text=Cancel');
  await page.waitForSelector('text=Nothing was kept');
  await context.close();
});

test('no string of the heap was shown or sent, nothing went wrong, and nobody else was asked', async () => {
  assertQuiet(shared, url);
  const { page } = shared;
  await view(page, 'Explore');
  await page.fill('input[aria-label="Search the snapshot"]', 'type:string retained>200');
  await page.keyboard.press('Enter');
  await page.waitForSelector('[aria-label^="Objects found for"] [data-row="0"]:not(.pending)');
  const text = await page.textContent('main');
  assert.match(text, /string, \d+ chars/);
  assert.doesNotMatch(text, /secret of session|of-a-customer/);
});

/** All views, each with what is there once its answers are. */
const VIEWS = {
  '#/now': '.view-now .verdict',
  '#/findings': '.view-findings .finding',
  '#/compare': '[aria-label="Classes that changed"] [data-row="0"]:not(.pending)',
  '#/compare?tab=trend': '[aria-label="Places that grew"] [data-row="0"]:not(.pending)',
  '#/explore': '[aria-label=Classes] [data-row="0"]:not(.pending)',
  '#/explore?list=dominators': '.map-tree [role=treeitem]',
  '#/listeners': '[aria-label="listeners by place"] [data-row="0"]:not(.pending)',
  '#/capture': '.view-capture .kept li',
};

/** Goes through all views, and waits until each is there. */
async function through(page, look) {
  for (const [hash, there] of Object.entries(VIEWS)) {
    await page.evaluate((to) => (location.hash = to), hash);
    await page.waitForSelector(there);
    if (hash.includes('dominators')) await painted(page);
    await look(hash);
  }
}

for (const colorScheme of ['light', 'dark']) {
  test(`axe-core finds nothing, ${colorScheme}`, async () => {
    const opened = await enter({ colorScheme });
    const found = [];
    await through(opened.page, async (hash) => found.push(...(await accessibility(opened.page)).map((it) => `${hash} ${it}`)));
    assert.deepEqual(found, []);
    assertQuiet(opened, url);
    await opened.context.close();
  });
}

test('a phone needs no scrolling to the side, and axe-core finds nothing there either', async () => {
  const opened = await enter({ viewport: PHONE });
  const found = [];
  await through(opened.page, async (hash) => {
    const wider = await overflow(opened.page);
    if (wider > 0) found.push(`${hash} is wider by ${wider}`);
    found.push(...(await accessibility(opened.page)).map((it) => `${hash} ${it}`));
  });
  assert.deepEqual(found, []);
  await opened.context.close();
});

test('the keyboard alone: skip link, tabs, a table, a tree', async () => {
  const { page, context } = await enter({ viewport: DESK });
  /** Waits until the focus is in what the selector names: where it goes only with the next drawing, a look at once would be early. */
  const focus = (selector) => page.waitForFunction((it) => document.activeElement?.matches(it), selector);
  // From the beginning of the page: after a blur, Tab goes on from where the focus was.
  await page.evaluate(() => {
    document.body.tabIndex = -1;
    document.body.focus();
    document.body.removeAttribute('tabindex');
  });
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.textContent.trim()), 'Skip to the content');
  await page.keyboard.press('Enter');
  await focus('#content');
  await page.evaluate(() => (location.hash = '#/explore'));
  await page.waitForSelector('[aria-label=Classes] [data-row="0"]:not(.pending)');
  await page.focus('#listed-classes');
  await page.keyboard.press('ArrowRight');
  await focus('#listed-dominators[aria-selected=true]');
  await page.waitForSelector('.map-tree [role=treeitem]');
  await page.focus('.map-tree [role=treeitem][tabindex="0"]');
  await page.keyboard.press('ArrowRight');
  await page.waitForSelector('.map-tree [aria-level="2"]:not(.rest)');
  await page.keyboard.press('ArrowRight');
  await focus('[aria-level="2"]:not(.rest)');
  await page.keyboard.press('ArrowLeft');
  await focus('[aria-level="1"]');
  await page.keyboard.press('ArrowLeft');
  await page.waitForSelector('.map-tree [aria-level="2"]', { state: 'detached' });
  await page.focus('#listed-dominators');
  await page.keyboard.press('Home');
  await page.waitForSelector('[aria-label=Classes] [data-row="0"]:not(.pending)');
  await page.focus('[aria-label=Classes] [data-row="0"]');
  await page.keyboard.press('ArrowDown');
  await focus('[data-row="1"]');
  await page.keyboard.press('End');
  const { total } = await api('api/snapshots/2/classes?limit=1');
  await focus(`[data-row="${total - 1}"]`);
  await page.keyboard.press('Home');
  await focus('[data-row="0"]');
  await page.keyboard.press('Enter');
  await page.waitForSelector('[aria-label^="Objects of"]');
  await context.close();
});
