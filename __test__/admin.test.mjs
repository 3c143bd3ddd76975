// The routes of the admin endpoint: each of docs/admin.openapi.json is there and answers by its schema; what is on the heap is in no answer.

import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import zlib from 'node:zlib';
import { parse } from 'leakscan';
import { createAdmin } from '../admin.js';
import { openFiles } from '../lib/admin/open.js';
import { ROUTES } from '../lib/admin/routes.js';
import { TOKEN, asker, captured, until } from './admin/ask.mjs';
import { openapi } from './admin/openapi.mjs';

const schemas = new URL('../docs/schema/', import.meta.url);
const Ajv = createRequire(new URL('schema/package.json', import.meta.url))('ajv/dist/2020').default;
const golden = new URL('../docs/admin.openapi.json', import.meta.url);

/** Data of the program in all places where names could be: nothing of it may be told. */
const SECRET = ['sala', 'mander'].join('');
const secrets = {
  // Made of bytes: one flat string, which a search by its text finds.
  flat: Buffer.from(`${SECRET} flat, exactly`).toString(),
  text: `${SECRET} is the word, and this goes on for a while`.repeat(3),
  keyed: { [`ann.${SECRET}@example.org`]: { a: 1 }, [`${SECRET} with spaces`]: [1] },
  alike: Array.from({ length: 50 }, (_, i) => ({ [`${SECRET}/1`]: [i], plain: [i] })),
  map: new Map([[`${SECRET} key`, { value: `${SECRET} value` }]]),
  weak: new WeakMap(),
  emitter: new EventEmitter(),
  symbol: Symbol(`${SECRET} described`),
  copies: Array.from({ length: 20 }, (_, i) => JSON.parse(`"${SECRET} twice, once and again, and still the same ${'text'}"`) + (i < 0)),
};
secrets.weak.set(secrets.map, Buffer.from(`${SECRET} weakly`).toString());
secrets.emitter.on(`${SECRET}@event/1`, () => {});
// Found by a way through keys that are data.
secrets.rooms = { [`ann.${SECRET}@example.org`]: { 'a "quoted" key': new EventEmitter().setMaxListeners(1).on('e', () => {}).on('e', () => {}) } };
secrets.ids = { [`user${SECRET}1234567890`]: new EventEmitter().on('e', () => {}) };
secrets.members = new Map([[`${SECRET}/member`, new EventEmitter().on('e', () => {})]]);
process.secrets = secrets;

let admin;
let ask;
/** Every answer that any test got. @type {string[]} */
const told = [];

before(async () => {
  const events = [];
  admin = createAdmin({ token: TOKEN, cooldown: 0, onAudit: (event) => events.push(event) });
  admin.events = events;
  const plain = asker(admin);
  ask = async (...call) => {
    const answer = await plain(...call);
    told.push(answer.text);
    return answer;
  };
  for (const label of ['one', 'two']) {
    const job = await captured(ask, `?label=${label}`);
    assert.equal(job.state, 'done', JSON.stringify(job));
    // Grows by this in between.
    secrets.copies.push(...Array.from({ length: 30 }, () => ({ [`${SECRET}/new`]: 1 })));
  }
});

after(async () => {
  delete process.secrets;
  await admin.close();
});

const firstClass = async () => (await ask('GET', '/api/snapshots/1/classes?limit=1')).json.rows[0];
const anId = async () => (await ask('GET', '/api/snapshots/1/find?type=object&limit=1')).json.rows[0].id;

/** Processes that this one started for analyses (Linux tells; elsewhere none is killed). */
function childrenOf(pid) {
  const running = existsSync('/proc/self/stat') ? readdirSync('/proc').filter((name) => /^\d+$/.test(name)) : [];
  return running.map(Number).filter((child) => {
    try {
      const parent = Number(readFileSync(`/proc/${child}/stat`, 'utf8').replace(/^.*\) /, '').split(' ')[1]);
      return parent === pid && readFileSync(`/proc/${child}/cmdline`, 'utf8').includes('isolate');
    } catch {
      return false;
    }
  });
}

/** A call of each route that works, in the order of the table. */
const CALLS = {
  'GET /': () => '/',
  'POST /api/session': () => '/api/session',
  'GET /metrics': () => '/metrics',
  'POST /api/captures': () => '/api/captures?label=three',
  'GET /api/captures/{id}': () => '/api/captures/1',
  'GET /api/captures/{id}/events': () => '/api/captures/1/events',
  'DELETE /api/captures/{id}': () => '/api/captures/1',
  'POST /api/allocations': () => '/api/allocations?seconds=1',
  'GET /api/allocations/{id}': () => '/api/allocations/1',
  'DELETE /api/allocations/{id}': () => '/api/allocations/1',
  'GET /api/snapshots/{id}/instances': async () => `/api/snapshots/1/instances?class=${encodeURIComponent((await firstClass()).key)}`,
  'GET /api/snapshots/{id}/find': () => '/api/snapshots/1/find?type=object&limit=5',
  'GET /api/summary': () => '/api/summary?snapshots=1,2&rounds=10',
  'GET /api/listeners': () => '/api/listeners?snapshots=1,2',
  'GET /api/trend': () => '/api/trend?snapshots=1,2',
  'GET /api/diff': () => '/api/diff?before=1&after=2&limit=5',
  'GET /api/diff/added': async () => {
    const { json } = await ask('GET', '/api/diff?before=1&after=2&limit=1');
    return `/api/diff/added?before=1&after=2&class=${encodeURIComponent(json.classes[0].key)}`;
  },
  // The one that was taken by the call above.
  'DELETE /api/snapshots/{id}': async () => {
    const { json } = await until(() => ask('GET', '/api/snapshots'), ({ json: { snapshots } }) => snapshots.length === 3);
    return `/api/snapshots/${json.snapshots.at(-1).id}`;
  },
  'GET /api/audits/listeners': () => '/api/audits/listeners?all=true',
};

test('the OpenAPI file is the table of routes', () => {
  const made = `${JSON.stringify(openapi(), null, 2)}\n`;
  if (process.env.UPDATE_GOLDEN) writeFileSync(golden, made);
  assert.equal(readFileSync(golden, 'utf8'), made, 'UPDATE_GOLDEN=1 writes it anew');
});

test('docs/admin.md names every route', () => {
  const text = readFileSync(new URL('../docs/admin.md', import.meta.url), 'utf8');
  for (const { path: route } of ROUTES) {
    const last = route.split('/').at(-1);
    assert.ok(text.includes(route) || text.includes(`\`${last}\``) || text.includes(`\`/${last}\``) || /^\{/.test(last), `${route} is not in docs/admin.md`);
  }
});

test('every route answers as the OpenAPI file says, by its schema', async () => {
  const ajv = new Ajv({ strict: false, allErrors: true });
  const { paths } = JSON.parse(readFileSync(golden, 'utf8'));
  for (const file of readdirSync(schemas)) ajv.addSchema(JSON.parse(readFileSync(new URL(file, schemas), 'utf8')), `schema/${file}`);
  const closing = ROUTES.filter(({ method, path: route }) => method === 'DELETE' && route.startsWith('/api/snapshots'));
  for (const route of [...ROUTES.filter((it) => !closing.includes(it)), ...closing]) {
    const name = `${route.method} ${route.path}`;
    const call = CALLS[name] ?? (async () => route.path.replace('{id}', '1').replace('{node}', String(await anId())));
    const headers = route.asks === 'ticket' ? { authorization: `Ticket ${admin.ticket().ticket}` } : {};
    const { status, json, text, headers: answered } = await ask(route.method, await call(), headers);
    const operation = paths[route.path][route.method.toLowerCase()];
    // A download is refused by default.
    if (route.path.endsWith('/file')) assert.equal(status, 403);
    else assert.equal(status, route.status ?? 200, `${name}: ${text}`);
    assert.ok(operation.responses[status], `${name}: ${status} is not in the OpenAPI file`);
    const [[type, { schema } = {}]] = Object.entries(operation.responses[status].content ?? { 'application/json': {} });
    assert.ok(answered.get('content-type').startsWith(type), name);
    if (!schema || !json) continue;
    const validate = ajv.compile(schema);
    assert.ok(validate(json), `${name}: ${JSON.stringify(validate.errors?.slice(0, 3))} in ${text.slice(0, 300)}`);
  }
  assert.ok(admin.events.every(({ time, method, status, ms }) => time > 0 && method && status && ms >= 0));
  assert.ok(admin.events.some(({ route, by }) => route === 'GET /api/snapshots/{id}/classes' && by === 'token'));
});

test('every answer says that nobody may keep, frame or sniff it', async () => {
  for (const target of ['/api/health', '/api/nothing', '/metrics', '/api/captures/1/events']) {
    const { headers } = await ask('GET', target);
    assert.equal(headers.get('cache-control'), 'no-store', target);
    assert.equal(headers.get('x-content-type-options'), 'nosniff');
    assert.match(headers.get('content-security-policy'), /default-src 'none'.*frame-ancestors 'none'/);
    assert.equal(headers.get('access-control-allow-origin'), null);
    assert.equal(headers.get('set-cookie'), null);
  }
});

test('answers are those of the API', async () => {
  const file = path.join(mkdtempSync(path.join(tmpdir(), 'leakscan-test-')), 'one.heapsnapshot');
  const other = createAdmin({ token: TOKEN, allowDownload: true, cooldown: 0 });
  try {
    const question = asker(other);
    await captured(question);
    const { headers } = await until(() => question('GET', '/api/snapshots/1/file', { 'accept-encoding': 'gzip' }), ({ headers }) => headers.get('content-encoding') === 'gzip');
    assert.match(headers.get('content-disposition'), /^attachment/);
    const answer = await other.fetch(new Request('http://localhost/leakscan/api/snapshots/1/file', { headers: { authorization: `Bearer ${TOKEN}`, 'accept-encoding': 'gzip' } }));
    const stored = Buffer.from(await answer.arrayBuffer());
    writeFileSync(file, zlib.gunzipSync(stored));
    assert.equal((await question('GET', '/api/snapshots/1/file')).text.length > stored.length, true, 'who does not take gzip gets it plain');
    const own = parse(file);
    const { json: classes } = await question('GET', '/api/snapshots/1/classes?limit=1000');
    assert.equal(classes.total, own.classes({ limit: 1e9 }).length);
    const figures = ({ count, shallowSize, retainedSize, distance }) => ({ count, shallowSize, retainedSize, distance });
    assert.deepEqual(classes.rows.map(figures), own.classes({ limit: 1000 }).map(figures));
    const { json: page } = await question('GET', '/api/snapshots/1/classes?limit=5&offset=7&sortBy=count');
    assert.deepEqual(page.rows.map(figures), own.classes({ limit: 5, offset: 7, sortBy: 'count' }).map(figures));
    assert.deepEqual((await question('GET', '/api/snapshots/1/statistics')).json, own.statistics());
    const [{ id }] = own.find({ type: 'object', limit: 1 });
    const { json: node } = await question('GET', `/api/snapshots/1/nodes/${id}`);
    assert.deepEqual(figures(node), figures(own.node(id)));
    assert.deepEqual((await question('GET', `/api/snapshots/1/nodes/${id}/edges?limit=1000`)).json.rows.map(({ node: { id } }) => id), own.edges(id, { limit: 1000 }).map(({ node: { id } }) => id));
    assert.deepEqual((await question('GET', `/api/snapshots/1/nodes/${id}/paths?limit=2`)).json.rows, own.retainingPaths(id, { limit: 2 }));
    const root = own.find({ type: 'synthetic', sortBy: 'id', limit: 1 })[0].id;
    assert.deepEqual((await question('GET', '/api/snapshots/1/dominators?limit=3')).json.rows.map(({ id }) => id), own.dominated(root, { limit: 3 }).map(({ id }) => id));
    assert.equal(own.node(root).retainerCount, 0, 'that is the root');
    own.dispose();
  } finally {
    await other.close();
    rmSync(path.dirname(file), { recursive: true });
  }
});

test('classes whose names are data have opaque keys that can be asked for', async () => {
  const { json } = await ask('GET', '/api/snapshots/1/classes?limit=1000');
  const hidden = json.rows.filter(({ key }) => key.startsWith('~'));
  assert.ok(hidden.length > 0, 'objects with keys that are data are there');
  const { json: found } = await ask('GET', `/api/snapshots/1/instances?class=${encodeURIComponent(hidden[0].key)}`);
  assert.equal(found.total, hidden[0].count);
  assert.equal(found.rows[0].classKey, hidden[0].key);
  assert.equal((await ask('GET', '/api/snapshots/1/instances?class=~nobody')).status, 404);
});

test('nothing can be guessed: neither by name nor by filter', async () => {
  for (const target of [
    `/api/snapshots/1/find?name=${encodeURIComponent(secrets.flat)}`,
    `/api/snapshots/1/find?where=${encodeURIComponent(`name:"${secrets.flat}"`)}`,
    ...[
      `name~${SECRET}`,
      `na"me~${SECRET}" type:string`,
      `type:string name~${SECRET.slice(0, 4)}`,
      'type:string not name~nothing',
      `type:string "not" name~${SECRET}`,
      `class~${SECRET}`,
      `listener-of:"${SECRET}/1"`,
      `not listener-of:${SECRET}@event/1`,
    ].map((where) => `/api/snapshots/1/find?where=${encodeURIComponent(where)}`),
    `/api/snapshots/1/classes?filter=${SECRET}`,
    `/api/diff?before=1&after=2&filter=${SECRET}`,
  ]) {
    const { json, status } = await ask('GET', target);
    assert.equal(status, 200);
    assert.deepEqual(json.rows ?? json.classes, [], target);
  }
  assert.equal((await ask('GET', `/api/snapshots/1/instances?class=${encodeURIComponent(`{${SECRET}/1, plain}`)}`)).status, 404);
  for (const where of [`type:string\u0085name~${SECRET}`, `name~"${SECRET}`, 'nonsense']) {
    assert.equal((await ask('GET', `/api/snapshots/1/find?where=${encodeURIComponent(where)}`)).status, 400, where);
  }
});

test('two who ask at once are both answered; only a crowd is sent away, and told when to come again', async () => {
  const [summary, classes, strings] = await Promise.all(['/api/summary?snapshots=1,2&unit=crowd', '/api/snapshots/2/classes', '/api/snapshots/1/strings'].map((target) => ask('GET', target)));
  assert.deepEqual([summary.status, classes.status, strings.status], [200, 200, 200]);
  const crowd = await Promise.all(Array.from({ length: 40 }, (_, i) => ask('GET', `/api/snapshots/${1 + (i % 2)}/statistics`)));
  assert.deepEqual([crowd.filter(({ status }) => status === 200).length, crowd.filter(({ status }) => status === 503).length], [32, 8]);
  for (const { headers, json, status } of crowd) {
    if (status === 503) assert.deepEqual([headers.get('retry-after'), json.error.code], ['5', 'ERR_LEAKSCAN_BUSY']);
  }
  assert.equal((await ask('GET', '/api/snapshots/1/statistics')).status, 200);
});

test('searches as one writes them', async () => {
  const find = async (where) => (await ask('GET', `/api/snapshots/1/find?limit=5&where=${encodeURIComponent(where)}`)).json.rows;
  const maps = await find('class:Map retained>100');
  assert.ok(maps.length > 0 && maps.every(({ className, retainedSize }) => className === 'Map' && retainedSize > 100));
  const [named] = await find('name:captured type:closure');
  assert.equal(named?.name, 'captured');
  assert.ok((await find('not type:object')).every(({ type }) => type !== 'object'));
});

test('where an emitter was found is told without keys that are data', async () => {
  const { json } = await ask('GET', '/api/audits/listeners?limit=1000');
  assert.ok(json.emitters.some(({ reachedBy }) => reachedBy === 'process.secrets.rooms["[key]"]["[key]"]'), JSON.stringify(json.emitters.map(({ reachedBy }) => reachedBy)));
  assert.ok(json.emitters.some(({ reachedBy }) => reachedBy === 'process.secrets.ids["[key]"]'));
  assert.ok(json.overLimit.some(({ reachedBy }) => reachedBy === 'process.secrets.rooms["[key]"]["[key]"]'));
});

test('contents of the heap are in no answer', async () => {
  const { json } = await ask('GET', '/api/snapshots/1/classes?limit=1000');
  for (const { key } of json.rows) {
    const { json: instances } = await ask('GET', `/api/snapshots/1/instances?limit=3&class=${encodeURIComponent(key)}`);
    const [node] = instances?.rows ?? [];
    if (!node) continue;
    for (const what of ['', '/edges?limit=50', '/retainers?limit=50', '/paths?limit=2', '/dominated?limit=50']) await ask('GET', `/api/snapshots/1/nodes/${node.id}${what}`);
  }
  // Whatever holds the strings, the keys and the entries, from both sides.
  const { json: texts } = await ask('GET', '/api/snapshots/1/strings?limit=100');
  const holders = new Set();
  for (const { ids } of texts.rows) {
    const { json: retainers } = await ask('GET', `/api/snapshots/1/nodes/${ids[0]}/retainers?limit=5`);
    for (const { node } of retainers.rows) holders.add(node.id);
  }
  for (const { key } of json.rows.filter(({ key, name }) => key.startsWith('~') || ['Map', 'WeakMap', 'EventEmitter'].includes(name))) {
    const { json: instances } = await ask('GET', `/api/snapshots/1/instances?limit=100&class=${encodeURIComponent(key)}`);
    for (const { id } of instances.rows) holders.add(id);
  }
  for (const id of holders) for (const what of ['edges', 'retainers']) await ask('GET', `/api/snapshots/1/nodes/${id}/${what}?limit=200`);
  for (const type of ['string', 'object', 'array', 'symbol', 'concatenated string', 'sliced string', 'closure', 'hidden', 'native']) {
    await ask('GET', `/api/snapshots/1/find?limit=1000&type=${encodeURIComponent(type)}`);
  }
  for (const target of ['/api/snapshots/1/strings?limit=1000', '/api/diff?before=1&after=2&limit=1000', '/api/audits/listeners?all=true&limit=1000', '/api/audits/timers', '/metrics', '/api/trend?snapshots=1,2&limit=100']) {
    await ask('GET', target);
  }
  assert.ok(told.length > 1000, `${told.length} answers`);
  const leaking = told.filter((text) => text.includes(SECRET));
  assert.deepEqual(leaking.map((text) => text.slice(Math.max(0, text.indexOf(SECRET) - 200), text.indexOf(SECRET) + 60)), []);
});

test('what another error says is not told: it may be of the service', async (t) => {
  t.mock.method(process, 'memoryUsage', () => {
    throw new Error(`${SECRET} is in the message`);
  });
  const { status, text } = await ask('GET', '/api/health');
  assert.equal(status, 500);
  assert.match(text, /ERR_LEAKSCAN_INTERNAL/);
  assert.ok(!text.includes(SECRET), text);
});

test('with `strings: preview` beginnings of strings are told, keys never', async () => {
  const open = createAdmin({ token: TOKEN, strings: 'preview', cooldown: 0 });
  try {
    const question = asker(open);
    await captured(question);
    const { text, json } = await question('GET', '/api/snapshots/1/strings?limit=1000');
    assert.match(text, new RegExp(`${SECRET} twice`));
    assert.ok(json.rows.every(({ value }) => value.length <= 83 + (value.match(/\\/g)?.length ?? 0)));
    assert.ok(!(await question('GET', `/api/snapshots/1/classes?limit=1000`)).text.includes(SECRET));
  } finally {
    await open.close();
  }
});

test('a job can be followed, and cancelled', async () => {
  const { json: job, headers } = await ask('POST', '/api/captures');
  assert.equal(headers.get('location'), `/leakscan/api/captures/${job.id}`);
  const followed = ask('GET', `/api/captures/${job.id}/events`);
  assert.equal((await ask('DELETE', `/api/captures/${job.id}`)).status, 202);
  const { text } = await followed;
  const events = [...text.matchAll(/^event: (\w+)\ndata: (.*)$/gm)].map(([, event, data]) => ({ event, ...JSON.parse(data) }));
  assert.equal(events.at(-1).event, 'cancelled');
  assert.ok(events.slice(0, -1).every(({ event }) => event === 'progress'));
  const { json: list } = await ask('GET', '/api/captures');
  assert.equal(list.captures.at(-1).state, 'cancelled');
});

test('allocations are sampled, one at a time', async () => {
  const { json: job } = await until(() => ask('POST', '/api/allocations?seconds=1'), ({ status }) => status === 202);
  assert.equal((await ask('POST', '/api/allocations')).status, 409);
  const { json } = await until(() => ask('GET', `/api/allocations/${job.id}`), ({ json: { state } }) => state === 'done');
  assert.ok(Array.isArray(json.profile.sites));
});

test('an audit that held the loop is not made again at once, whatever part of it is asked for', async () => {
  const { json: first } = await ask('GET', '/api/audits/timers?limit=7');
  const timers = Array.from({ length: 20 }, () => setTimeout(() => {}, 1e6));
  const { json: second } = await ask('GET', '/api/audits/timers?limit=1');
  assert.equal(second.totalTimers, first.totalTimers);
  assert.deepEqual(second.timers, first.timers.slice(0, 1));
  for (const timer of timers) clearTimeout(timer);
});

test('files can be looked at without a process', async () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'leakscan-test-'));
  const file = path.join(directory, 'a.heapsnapshot');
  const { writeHeapSnapshot } = await import('node:v8');
  writeHeapSnapshot(file);
  const files = openFiles({ files: [file, file], token: TOKEN });
  try {
    const question = asker(files, { base: 'http://localhost' });
    assert.deepEqual((await question('GET', '/api/health')).json, { schemaVersion: 1, live: false, options: { strings: 'none', allowDownload: false, allowForce: false } });
    assert.equal((await question('GET', '/api/snapshots')).json.snapshots[0].label, 'a.heapsnapshot');
    assert.ok((await question('GET', '/api/snapshots/2/classes')).json.total > 0);
    assert.equal((await question('GET', '/api/summary?snapshots=1,2')).json.verdict, 'clean');
    for (const { method, path: route } of ROUTES.filter(({ isLive }) => isLive)) {
      assert.equal((await question(method, route.replace('{id}', '1'))).status, 404, route);
    }
  } finally {
    await files.close();
    rmSync(directory, { recursive: true });
  }
});

test('after close nobody gets in, and nothing stays', async () => {
  const gone = createAdmin({ token: TOKEN });
  const listener = await gone.listen();
  assert.equal((await fetch(`${listener.url}api/health`, { headers: { authorization: `Bearer ${TOKEN}` } })).status, 200);
  await gone.close();
  await assert.rejects(fetch(`${listener.url}api/health`));
});

test('with `isolate` a child process analyses: this one opens nothing, and the answers are the same', async () => {
  const isolated = createAdmin({ token: TOKEN, isolate: 'process', cooldown: 0 });
  try {
    const question = asker(isolated);
    assert.equal((await captured(question)).state, 'done');
    const { json } = await question('GET', '/api/snapshots/1/classes?limit=1000');
    assert.ok(json.total > 100);
    assert.equal((await question('GET', '/api/summary?snapshots=1')).json.mode, 'single');
    assert.equal((await question('GET', '/api/snapshots/1/nodes/2')).status, 404);
    // A child that is killed is an error for who asks at that moment, not for who asks next.
    for (const child of childrenOf(process.pid)) process.kill(child, 'SIGKILL');
    const next = await until(() => question('GET', '/api/snapshots/1/statistics'), ({ status }) => status === 200);
    assert.ok(next.json.totalSize > 0);
  } finally {
    await isolated.close();
  }
});
