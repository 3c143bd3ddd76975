// Who must not get in, and what must not hurt: each sentence of docs/admin.md's "Who may ask", attacked.

import assert from 'node:assert/strict';
import { fork, spawnSync } from 'node:child_process';
import crypto from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { LeakscanError } from 'leakscan';
import { createAdmin } from '../admin.js';
import { ROUTES } from '../lib/admin/routes.js';
import { TOKEN, asker, captured, raw, statuses, until } from './admin/ask.mjs';

const program = fileURLToPath(new URL('admin/service.cjs', import.meta.url));
const directory = mkdtempSync(path.join(tmpdir(), 'leakscan-attacks-'));
const events = [];
let admin;
let ask;
let listener;
const bearer = `Authorization: Bearer ${TOKEN}`;

before(async () => {
  admin = createAdmin({ token: TOKEN, allowedHosts: ['ops.example.org'], cooldown: 0, onAudit: (event) => events.push(event) });
  ask = asker(admin);
  listener = await admin.listen();
});
after(async () => {
  await admin.close();
  rmSync(directory, { recursive: true });
});

const here = () => ({ host: '127.0.0.1', port: listener.port });
const request = (line, ...headers) => raw(here(), `${line} HTTP/1.1\r\n${headers.join('\r\n')}\r\nConnection: close\r\n\r\n`);

test('no token, no start; a short one neither', () => {
  for (const options of [undefined, {}, { token: undefined }, { token: '' }, { token: 12345678901234567890n }, { token: 'fifteen-bytes-..' .slice(0, 15) }, { token: 'with space in the middle' }]) {
    assert.throws(() => createAdmin(options), (error) => error instanceof LeakscanError && error instanceof TypeError && error.code === 'ERR_LEAKSCAN_INVALID_ARG');
  }
  assert.throws(() => createAdmin({ token: TOKEN, alowDownload: true }), /alowDownload/);
});

test('nothing but the page is told without the right token: neither what there is, nor what there is not', async () => {
  const wrong = [undefined, 'Bearer', 'Bearer ', `Bearer ${TOKEN}x`, `Bearer ${TOKEN.slice(1)}`, `Basic ${btoa(`x:${TOKEN}`)}`, TOKEN, `Bearer  ${TOKEN}`, `Ticket ${TOKEN}`, `Bearer ${'x'.repeat(2000)}`];
  const targets = [...ROUTES.filter(({ asks }) => asks === undefined), { method: 'GET', path: '/api/nothing' }, { method: 'PUT', path: '/api/health' }];
  for (const { method, path: route } of targets) {
    for (const authorization of wrong) {
      const answer = await admin.fetch(new Request(`http://localhost/leakscan${route.replaceAll(/\{\w+\}/g, '1')}`, { method, ...(authorization && { headers: { authorization } }) }));
      assert.equal(answer.status, 401, `${method} ${route} with ${authorization}`);
      assert.match(answer.headers.get('www-authenticate'), /^Bearer/);
      assert.equal((await answer.json()).error.code, 'ERR_LEAKSCAN_UNAUTHORIZED');
    }
  }
  // Neither a query nor a cookie lets anybody in.
  assert.equal((await admin.fetch(new Request(`http://localhost/leakscan/api/health?token=${TOKEN}`, { headers: { cookie: `token=${TOKEN}` } }))).status, 401);
});

test('tokens are compared in constant time, over digests', async () => {
  const { timingSafeEqual } = crypto;
  const compared = [];
  crypto.timingSafeEqual = (a, b) => {
    compared.push([a.length, b.length]);
    return timingSafeEqual(a, b);
  };
  try {
    // A copy of the module that takes the function anew.
    const source = readFileSync(new URL('../lib/admin/guard.js', import.meta.url), 'utf8');
    const module = { exports: {} };
    const require = (await import('node:module')).createRequire(new URL('../lib/admin/guard.js', import.meta.url));
    new Function('module', 'require', source)(module, (name) => (name === 'node:crypto' ? crypto : require(name)));
    const guard = new module.exports.Guard({ token: TOKEN, allowedHosts: [] });
    assert.equal(guard.authorize({ authorization: `Bearer ${TOKEN}` }), 'token');
    for (const guess of ['x', TOKEN.slice(0, -1), `${TOKEN}x`, 'y'.repeat(1000)]) assert.throws(() => guard.authorize({ authorization: `Bearer ${guess}` }));
  } finally {
    crypto.timingSafeEqual = timingSafeEqual;
  }
  assert.deepEqual(compared, Array.from({ length: 5 }, () => [32, 32]));
});

test('a ticket is good once, and its session only for a while', async () => {
  const { ticket } = admin.ticket();
  const exchange = () => ask('POST', '/api/session', { authorization: `Ticket ${ticket}` });
  const { json, status } = await exchange();
  assert.equal(status, 200);
  assert.equal((await exchange()).status, 401);
  const session = asker(admin, { token: json.token });
  assert.equal((await session('GET', '/api/snapshots')).status, 200);
  assert.ok(events.some(({ by }) => by === 'session'));
  const { now } = Date;
  Date.now = () => json.expiresAt + 1;
  try {
    assert.equal((await session('GET', '/api/snapshots')).status, 401);
  } finally {
    Date.now = now;
  }
  const late = admin.ticket({ ttl: 1 });
  await until(async () => Date.now(), (time) => time > late.expiresAt);
  assert.equal((await ask('POST', '/api/session', { authorization: `Ticket ${late.ticket}` })).status, 401);
  // Many tickets push out the oldest: they do not pile up.
  const first = admin.ticket();
  for (let i = 0; i < 16; i++) admin.ticket();
  assert.equal((await ask('POST', '/api/session', { authorization: `Ticket ${first.ticket}` })).status, 401);
});

test('a page elsewhere cannot ask: DNS rebinding, other origins, other sites, cross-site POST', async () => {
  const from = async (headers, { method = 'GET', target = '/api/snapshots' } = {}) => (await ask(method, target, headers)).status;
  for (const host of ['evil.example', 'localhost.evil.example', 'ops.example.org.evil.example', '127.0.0.1.nip.io', '', 'a b', 'localhost/x', 'localhost@evil.example', '[::1', '0x7f.1']) {
    assert.equal(await from({ host }), 403, `Host: ${host}`);
  }
  for (const host of ['localhost', 'localhost:9464', '127.0.0.1:1', '10.2.3.4:9464', '[::1]:80', 'OPS.example.org', 'ops.example.org:443']) assert.equal(await from({ host }), 200, host);
  for (const origin of ['https://evil.example', 'null', 'http://localhost:1', 'file://', 'http://localhost.evil.example']) assert.equal(await from({ host: 'localhost', origin }), 403, origin);
  assert.equal(await from({ host: 'localhost:9464', origin: 'http://localhost:9464' }), 200);
  for (const site of ['cross-site', 'same-site', 'anything']) assert.equal(await from({ 'sec-fetch-site': site }), 403, site);
  for (const site of ['same-origin', 'none']) assert.equal(await from({ 'sec-fetch-site': site }), 200, site);
  assert.equal(await from({ 'sec-fetch-site': 'cross-site', origin: 'https://evil.example', 'content-type': 'text/plain' }, { method: 'POST', target: '/api/captures' }), 403);
  // A form cannot send the token, and a preflight is never granted.
  const preflight = await admin.fetch(new Request('http://localhost/leakscan/api/captures', { method: 'OPTIONS', headers: { origin: 'https://evil.example', 'access-control-request-method': 'POST' } }));
  assert.equal(preflight.status, 403);
  assert.ok([...preflight.headers.keys()].every((name) => !name.startsWith('access-control')));
  // Following a link to the page is fine; to frame it, or to fetch it, is not.
  const link = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };
  assert.notEqual(await from(link, { target: '/' }), 403);
  assert.equal(await from({ ...link, 'sec-fetch-dest': 'iframe' }, { target: '/' }), 403);
  assert.equal(await from(link), 403, 'only to the page');
  assert.deepEqual((await ask('GET', '/api/captures')).json.captures, []);
});

test('path traversal: no target names a file', async () => {
  const targets = ['/leakscan/../../etc/passwd', '/leakscan/..%2f..%2fetc/passwd', '/leakscan/%2e%2e/%2e%2e/etc/passwd', '/leakscan/api/snapshots/..%5c..%5cx/file', '/leakscan/api/snapshots/%2e%2e/file', '/leakscan//etc/passwd', '/leakscan/api/snapshots/1%00/file', '/leakscan/api/snapshots/0x1/file', '/leakscan/api/snapshots/1e0/file', '/leakscan/api/snapshots/-1/file', '/leakscan/%ff', '/leakscan/;/x', '/leakscan/\\..\\x', '/leakscan/api/snapshots/99999999999999999999/file'];
  for (const target of targets) {
    const answer = await request(`GET ${target}`, 'Host: localhost', bearer);
    assert.ok([400, 404].includes(statuses(answer)[0]), `${target}: ${answer.slice(0, 100)}`);
    assert.doesNotMatch(answer, /root:|leakscan-admin/);
  }
  for (const target of ['http://evil.example/leakscan/api/health', '*', '/other', '/leakscanx/api/health', '//leakscan/api/health']) {
    assert.ok([400, 404].includes(statuses(await request(`GET ${target}`, 'Host: localhost', bearer))[0]), target);
  }
});

test('the query is bounded and known', async () => {
  for (const query of ['limit=1001', 'limit=-1', 'limit=1.5', 'limit=NaN', 'limit=', 'limit=1&limit=2', '__proto__=1', 'constructor=1', 'sortBy=toString', 'limits=1', `filter=${'x'.repeat(201)}`, 'offset=99999999999']) {
    assert.equal((await ask('GET', `/api/snapshots/1/classes?${query}`)).status, 400, query);
  }
  for (const query of ['snapshots=', 'snapshots=a', `snapshots=${'1,'.repeat(20)}1`, 'snapshots=1;2', 'rounds=1']) assert.equal((await ask('GET', `/api/summary?${query}`)).status, 400, query);
  assert.equal((await ask('GET', `/api/health?${'x'.repeat(3000)}`)).status, 414);
});

test('header smuggling: what two readers could read in two ways is refused, and never a second request made of it', async () => {
  const get = 'GET /leakscan/api/snapshots';
  const inner = `GET /leakscan/api/snapshots HTTP/1.1\r\nHost: localhost\r\n${bearer}\r\n\r\n`;
  const attacks = {
    'two tokens': await request(get, 'Host: localhost', bearer, 'Authorization: Bearer of-bad-news-indeed'),
    'two tokens, the wrong one first': await request(get, 'Host: localhost', 'Authorization: Bearer of-bad-news-indeed', bearer),
    'two hosts': await request(get, 'Host: localhost', 'Host: evil.example', bearer),
    'no host': await request(get, bearer),
    'two origins': await request(get, 'Host: localhost', 'Origin: http://localhost', 'Origin: https://evil.example', bearer),
    'length and chunks': await raw(here(), `POST /leakscan/api/session HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${inner}`),
    'two lengths': await raw(here(), `POST /leakscan/api/session HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 0\r\n\r\n${inner}`),
    'a folded header': await request(get, 'Host: localhost', 'X: a\r\n b: c', bearer, 'Sec-Fetch-Site: cross-site'),
    'a body, and a request in it': await raw(here(), `POST /leakscan/api/session HTTP/1.1\r\nHost: localhost\r\n${bearer}\r\nContent-Length: ${inner.length}\r\n\r\n${inner}`),
    'chunks': await raw(here(), `POST /leakscan/api/captures HTTP/1.1\r\nHost: localhost\r\n${bearer}\r\nTransfer-Encoding: chunked\r\n\r\n${inner.length.toString(16)}\r\n${inner}\r\n0\r\n\r\n`),
    'an obscure encoding': await request('POST /leakscan/api/captures', 'Host: localhost', bearer, 'Transfer-Encoding: xchunked'),
    'a bare line feed': await raw(here(), `${get} HTTP/1.1\nHost: localhost\n${bearer}\n\n`),
    'a NUL': await request(get, 'Host: localhost', `${bearer}\0`),
    'an upgrade': await request(get, 'Host: localhost', bearer, 'Upgrade: h2c'),
    'a tunnel': await raw(here(), `CONNECT evil.example:80 HTTP/1.1\r\nHost: localhost\r\n${bearer}\r\n\r\n`),
  };
  for (const [name, answer] of Object.entries(attacks)) {
    const found = statuses(answer);
    assert.ok(found.length <= 1, `${name}: one answer at most, found ${found}`);
    if (['a bare line feed', 'an upgrade', 'a folded header'].includes(name)) continue;
    assert.ok(found.every((status) => [400, 403, 413, 501].includes(status)), `${name}: ${found}`);
  }
  assert.equal(statuses(attacks['a folded header']).includes(200), false);
  assert.deepEqual((await ask('GET', '/api/captures')).json.captures, []);
});

test('no request body is read', async () => {
  const server = http.createServer((incoming, response) => {
    let read = false;
    for (const method of ['read', 'resume']) {
      const own = incoming[method];
      incoming[method] = function (...rest) {
        // Node.js itself throws away what nobody wanted, after the answer.
        read ||= !response.writableEnded;
        return own.apply(this, rest);
      };
    }
    response.on('finish', () => assert.equal(read, false));
    admin.handler(incoming, response, undefined);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const answer = await raw({ port: server.address().port, host: '127.0.0.1' }, `POST /leakscan/api/captures HTTP/1.1\r\nHost: localhost\r\n${bearer}\r\nContent-Length: 1000000000\r\n\r\n${'x'.repeat(100_000)}`);
  assert.deepEqual(statuses(answer), [413]);
  assert.match(answer, /connection: close/i);
  server.close();
  server.closeAllConnections();
});

test('oversized headers and lines', async () => {
  assert.deepEqual(statuses(await request('GET /leakscan/api/health', 'Host: localhost', `X: ${'x'.repeat(9000)}`, bearer)), [431]);
  assert.deepEqual(statuses(await request(`GET /leakscan/${'x'.repeat(9000)}`, 'Host: localhost', bearer)), [431]);
  assert.equal((await ask('GET', '/api/health', { x: 'x'.repeat(17_000) })).status, 431, 'also where a server allows more');
});

test('slow and half-open connections are few, and end soon', async () => {
  let heard = 0;
  const sockets = Array.from({ length: 200 }, () => {
    const socket = net.connect(here());
    socket.on('error', () => {});
    // Those that were let in are told that they were too slow; the others hear nothing.
    socket.once('data', () => heard++);
    socket.write('GET /leakscan/api/health HTTP/1.1\r\nHost: local');
    return socket;
  });
  const closed = sockets.map((socket) => once(socket, 'close').catch(() => {}));
  // The endpoint's other doors are not touched.
  assert.equal((await ask('GET', '/api/snapshots')).status, 200);
  const drip = setInterval(() => sockets.forEach((socket) => !socket.destroyed && socket.write('h')), 500);
  await Promise.all(closed);
  clearInterval(drip);
  assert.ok(heard > 0 && heard <= 64, `${heard} connections were let in`);
  const answer = await until(() => request('GET /leakscan/api/snapshots', 'Host: localhost', bearer), (text) => text !== '');
  assert.deepEqual(statuses(answer), [200]);
});

test('slow readers cannot pin memory: they are few, get only what they take, and are cut off', async () => {
  // 64 calls at a time, whoever asks: the rest is sent away.
  const streams = [];
  const job = (await ask('POST', '/api/captures')).json;
  for (let i = 0; i < 20; i++) streams.push(await admin.fetch(new Request(`http://localhost/leakscan/api/captures/${job.id}/events`, { headers: { authorization: `Bearer ${TOKEN}` } })));
  const accepted = streams.filter(({ status }) => status === 200);
  assert.ok(accepted.length <= 16, `${accepted.length} follow`);
  assert.ok(streams.some(({ status, headers }) => status === 503 && headers.get('retry-after')));
  await until(() => ask('GET', `/api/captures/${job.id}`), ({ json: { state } }) => state === 'done');
  // Whoever did not read while the job went on gets where it is now, not all that was.
  const text = await accepted[0].text();
  assert.ok(text.split('\n\n').length <= 4, text);
  for (const { body } of accepted.slice(1)) await body.cancel();
  const again = await ask('GET', `/api/captures/${job.id}/events`);
  assert.equal(again.status, 200, 'those who left make room');
});

test('a reader that stops is cut off', async () => {
  const { handlerOf } = await import('../lib/admin/faces.js');
  const endless = { basePath: '/x', below: () => '/', answer: async () => ({ status: 200, headers: {}, stream: (async function* () { for (;;) yield Buffer.alloc(65_536); })() }) };
  let written = 0;
  const server = http.createServer((incoming, response) => {
    const { write } = response;
    response.write = function (chunk, ...rest) {
      written += chunk.length;
      return write.call(this, chunk, ...rest);
    };
    handlerOf(endless, { patienceMs: 300 })(incoming, response, undefined);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = net.connect(server.address().port, '127.0.0.1');
  socket.pause();
  socket.write('GET /x HTTP/1.1\r\nHost: x\r\n\r\n');
  const [connection] = await once(server, 'connection');
  await once(connection, 'close');
  assert.ok(written < 16e6, `${written} bytes were made for somebody who reads none`);
  socket.destroy();
  server.close();
});

test('one capture at a time', async () => {
  const answers = await Promise.all(Array.from({ length: 8 }, () => ask('POST', '/api/captures')));
  const byStatus = Object.groupBy ? Object.groupBy(answers, ({ status }) => status) : answers.reduce((all, it) => ({ ...all, [it.status]: [...(all[it.status] ?? []), it] }), {});
  assert.deepEqual([byStatus[202].length, byStatus[409].length], [1, 7]);
  assert.equal(byStatus[409][0].json.error.code, 'ERR_LEAKSCAN_BUSY');
  await until(() => ask('GET', `/api/captures/${byStatus[202][0].json.id}`), ({ json: { state } }) => state === 'done');
});

test('captures rest in between; without the memory, or to force one, they are refused with the figures', async () => {
  const resting = createAdmin({ token: TOKEN, cooldown: 3_600_000 });
  const question = asker(resting);
  const { availableMemory } = process;
  try {
    process.availableMemory = () => 1e6;
    const refused = await question('POST', '/api/captures');
    assert.equal(refused.status, 503);
    assert.equal(refused.json.error.code, 'ERR_LEAKSCAN_MEMORY');
    assert.equal(refused.json.error.memory.available, 1e6);
    assert.ok(refused.json.error.memory.needed > 1e6);
    assert.equal((await question('POST', '/api/captures?force=true')).status, 403);
    assert.equal((await question('GET', '/api/health')).json.capture.enough, false);
    process.availableMemory = availableMemory;
    assert.equal((await captured(question)).state, 'done');
    const early = await question('POST', '/api/captures');
    assert.equal(early.status, 429);
    assert.ok(Number(early.headers.get('retry-after')) > 1000 && early.json.error.retryAfterMs > 1e6);
  } finally {
    process.availableMemory = availableMemory;
    await resting.close();
  }
});

test('files: private, by a counter, no more than so many; the oldest goes', async () => {
  const dir = path.join(directory, 'few');
  const few = createAdmin({ token: TOKEN, dir, keep: 2, cooldown: 0, allowDownload: true });
  try {
    const question = asker(few);
    for (let i = 0; i < 3; i++) assert.equal((await captured(question, `?label=${encodeURIComponent('../../x')}`)).state, 'done');
    const { snapshots } = (await question('GET', '/api/snapshots')).json;
    assert.deepEqual(snapshots.map(({ id }) => id), [2, 3]);
    assert.ok(snapshots.every((snapshot) => !('file' in snapshot)));
    const names = await until(async () => readdirSync(dir), (found) => found.every((name) => name.endsWith('.gz')));
    assert.equal(names.length, 2);
    for (const name of names) {
      assert.match(name, /^leakscan-[\w-]+-\d+-\d+\.heapsnapshot\.gz$/);
      assert.equal(statSync(path.join(dir, name)).mode & 0o777, 0o600);
    }
    assert.equal(statSync(dir).mode & 0o777, 0o700);
    assert.ok((await question('GET', '/api/snapshots/3/classes')).json.total > 0, 'a compressed one is as good');
    assert.equal((await question('GET', '/api/snapshots/1/classes')).status, 404);
    assert.equal((await question('DELETE', '/api/snapshots/2')).status, 200);
    assert.equal(readdirSync(dir).length, 1);
  } finally {
    await few.close();
  }
});

test('a directory that others can enter is refused', () => {
  const dir = path.join(directory, 'open');
  mkdirSync(dir);
  chmodSync(dir, 0o755);
  assert.throws(() => createAdmin({ token: TOKEN, dir }), { code: 'ERR_LEAKSCAN_IO' });
  const own = createAdmin({ token: TOKEN, dir: path.join(directory, 'one') });
  assert.throws(() => createAdmin({ token: TOKEN, dir: path.join(directory, 'one') }), { code: 'ERR_LEAKSCAN_BUSY' });
  return own.close();
});

test('what an earlier run left is taken over, what it did not finish is removed', async () => {
  const dir = path.join(directory, 'left');
  const first = createAdmin({ token: TOKEN, dir, cooldown: 0 });
  await captured(asker(first));
  await until(async () => readdirSync(dir), ([name]) => name.endsWith('.gz'));
  await first.close();
  const [name] = readdirSync(dir);
  const host = /^leakscan-(.+)-\d+-\d+\./.exec(name)[1];
  const gone = spawnSync(process.execPath, ['-e', '']).pid;
  writeFileSync(path.join(dir, `leakscan-${host}-${gone}-1.heapsnapshot.${gone}.partial`), 'half', { mode: 0o600 });
  writeFileSync(path.join(dir, `leakscan-${host}-${process.ppid}-1.heapsnapshot.${process.ppid}.partial`), 'of one that runs', { mode: 0o600 });
  writeFileSync(path.join(dir, 'notes.txt'), 'somebody else\'s');
  utimesSync(path.join(dir, name), 1, 1);
  // Killed while it compressed: both are there. The number of the process may be this one's, as in a container.
  const taken = `leakscan-${host}-${process.pid}-1000.heapsnapshot.gz`;
  renameSync(path.join(dir, name), path.join(dir, taken));
  writeFileSync(path.join(dir, taken.replace(/\.gz$/, '')), 'the first one', { mode: 0o600 });
  const next = createAdmin({ token: TOKEN, dir, cooldown: 0 });
  try {
    const { snapshots } = (await asker(next)('GET', '/api/snapshots')).json;
    assert.equal(snapshots.length, 1);
    assert.ok((await asker(next)('GET', '/api/snapshots/1/classes')).json.total > 0);
    await captured(asker(next));
    assert.ok(readdirSync(dir).some((file) => file.startsWith(`leakscan-${host}-${process.pid}-1001.`)), 'no name is given twice');
    assert.equal((await asker(next)('GET', '/api/snapshots')).json.snapshots.length, 2);
    // It is compressed when it is there already.
    await until(async () => readdirSync(dir), (files) => !files.some((file) => file.startsWith(`leakscan-${host}-${process.pid}-1001.`) && file.endsWith('.partial')));
    assert.deepEqual(readdirSync(dir).filter((file) => /partial|notes/.test(file)).sort(), [`leakscan-${host}-${process.ppid}-1.heapsnapshot.${process.ppid}.partial`, 'notes.txt'].sort());
  } finally {
    await next.close();
  }
});

test('disk full: refused with the figures when it is known before, without a trace when it is not', async () => {
  const dir = path.join(directory, 'full');
  mkdirSync(dir, { mode: 0o700 });
  // A file system of its own where that is allowed; else the quota is what is full.
  const isMounted = process.platform === 'linux' && spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=128m,mode=0700', 'none', dir]).status === 0;
  const filler = path.join(dir, 'filler');
  const fill = (megabytes) => writeFileSync(filler, Buffer.alloc(megabytes * 1e6), { flag: 'a' });
  const full = createAdmin({ token: TOKEN, dir, cooldown: 0, ...(!isMounted && { maxBytes: 1000 }) });
  try {
    const question = asker(full);
    if (isMounted) {
      const { json } = await question('POST', '/api/captures');
      // Between the look at the disk and the writing somebody else takes it all.
      assert.throws(() => fill(200), { code: 'ENOSPC' });
      const failed = await until(() => question('GET', `/api/captures/${json.id}`), ({ json: { state } }) => state === 'failed');
      assert.equal(failed.json.error.code, 'ERR_LEAKSCAN_IO');
      assert.match(failed.json.error.message, /ENOSPC/);
    }
    const refused = await question('POST', '/api/captures');
    assert.equal(refused.status, 507);
    assert.equal(refused.json.error.code, 'ERR_LEAKSCAN_IO');
    assert.ok(refused.json.error.disk.needed > refused.json.error.disk.available);
    rmSync(filler, { force: true });
    assert.deepEqual(readdirSync(dir), []);
    assert.equal((await question('GET', '/api/snapshots')).status, 200, 'the endpoint goes on');
    if (isMounted) {
      assert.equal((await captured(question)).state, 'done', 'and takes another when there is room');
      assert.throws(() => fill(200), { code: 'ENOSPC' });
      assert.equal((await question('POST', '/api/captures')).status, 507);
      assert.equal((await question('GET', '/api/snapshots')).json.snapshots.length, 1, 'what would not make room stays');
    }
  } finally {
    await full.close();
    if (isMounted) spawnSync('umount', [dir]);
  }
});

test('a listener of its own is of this machine only, unless that is wanted', async () => {
  for (const host of ['0.0.0.0', '::', '192.0.2.1', 'example.org', '127.0.0.1.example.org']) {
    await assert.rejects(admin.listen({ host }), { code: 'ERR_LEAKSCAN_INVALID_ARG', message: /allowRemote/ });
  }
  const remote = await admin.listen({ host: '0.0.0.0', allowRemote: true });
  assert.ok(remote.port > 0);
  await remote.close();
});

test('a Unix socket is for its owner only, and one that was left is replaced', async () => {
  const socket = path.join(directory, 'admin.sock');
  const left = spawnSync(process.execPath, ['-e', `require('net').createServer().listen(${JSON.stringify(socket)}, () => process.kill(process.pid, 'SIGKILL'))`]);
  assert.equal(left.signal, 'SIGKILL');
  assert.ok(lstatSync(socket).isSocket());
  const own = await admin.listen({ path: socket });
  assert.equal(lstatSync(socket).mode & 0o777, 0o600);
  const answer = await raw({ path: socket }, `GET /leakscan/api/snapshots HTTP/1.1\r\nHost: localhost\r\n${bearer}\r\nConnection: close\r\n\r\n`);
  assert.deepEqual(statuses(answer), [200]);
  await assert.rejects(admin.listen({ path: socket }), { code: 'EADDRINUSE' });
  await own.close();
  assert.equal(existsSync(socket), false);
});

test('a service that exits, or is killed, in the middle of a capture leaves nothing that stays', async () => {
  const dir = path.join(directory, 'exits');
  for (const how of ['exit', 'kill']) {
    const child = fork(program, [dir, TOKEN, how], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    const [{ url }] = await once(child, 'message');
    const exited = once(child, 'exit');
    const started = await fetch(`${url}api/captures`, { method: 'POST', headers: { authorization: `Bearer ${TOKEN}` } });
    assert.equal(started.status, 202);
    const [code, signal] = await exited;
    assert.deepEqual([code, signal], how === 'kill' ? [null, 'SIGKILL'] : [0, null]);
    const left = readdirSync(dir);
    assert.ok(left.length === (how === 'kill' ? 1 : 0) && left.every((name) => name.endsWith('.partial')), String(left));
  }
  const next = createAdmin({ token: TOKEN, dir });
  assert.deepEqual((await asker(next)('GET', '/api/snapshots')).json.snapshots, []);
  assert.deepEqual(readdirSync(dir), []);
  await next.close();
});

test('every call is told to onAudit, without secrets; one that throws hurts nobody', async () => {
  assert.deepEqual(statuses(await request('GET /leakscan/api/health', 'Host: localhost', `Authorization: Bearer ${TOKEN}x`)), [401]);
  assert.ok(events.some(({ status, by, code }) => status === 401 && by === 'nobody' && code === 'ERR_LEAKSCAN_UNAUTHORIZED'));
  assert.ok(events.some(({ from }) => from === '127.0.0.1'));
  assert.ok(!JSON.stringify(events).includes(TOKEN));
  for (const onAudit of [() => { throw new Error('no'); }, async () => { throw new Error('no'); }]) {
    const warned = once(process, 'warning');
    const broken = createAdmin({ token: TOKEN, onAudit });
    assert.equal((await asker(broken)('GET', '/api/snapshots')).status, 200);
    assert.match((await warned)[0].message, /onAudit: no/);
    await broken.close();
  }
});
