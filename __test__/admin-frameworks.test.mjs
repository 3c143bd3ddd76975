// The admin endpoint in real servers: the services of examples/admin, each framework as its users run it.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import http2 from 'node:http2';
import { createRequire } from 'node:module';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createAdmin } from '../admin.js';
import { TOKEN, until } from './admin/ask.mjs';
import { nodes } from './nodes/nodes.mjs';

const modules = fileURLToPath(new URL('admin/node_modules', import.meta.url));
const require = createRequire(new URL('admin/package.json', import.meta.url));
const examples = fileURLToPath(new URL('../examples/admin/', import.meta.url));

/** Runs an example while `use` uses the address that it prints. */
async function withExample(name, use, node = process.execPath) {
  const child = spawn(node, [path.join(examples, name)], {
    env: { ...process.env, NODE_PATH: modules, LEAKSCAN_TOKEN: TOKEN, PORT: '0', ADMIN_PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    let said = '';
    for await (const chunk of child.stdout) if ((said += chunk).includes('\n')) break;
    await use(said.trim());
  } finally {
    child.kill();
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  }
}

/** What must hold wherever the endpoint is. `hello` is a path of the service itself. */
async function check(url, hello) {
  const ask = (method, target, headers = { authorization: `Bearer ${TOKEN}` }) => fetch(new URL(target, url), { method, headers });
  if (hello) assert.equal(await (await ask('GET', hello)).text(), `hello ${hello}`, 'the service itself answers');
  assert.equal((await ask('GET', 'api/health', {})).status, 401);
  const health = await ask('GET', 'api/health');
  assert.equal(health.headers.get('cache-control'), 'no-store');
  assert.equal((await health.json()).live, true);
  assert.equal((await ask('GET', 'api/nothing')).status, 404);
  assert.equal((await fetch(new URL('api/captures', url), { method: 'POST', headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' }, body: '{"a":1}' })).status, 413);
  const started = await ask('POST', 'api/captures?label=first');
  assert.equal(started.status, 202);
  const { id } = await started.json();
  const events = await ask('GET', new URL(started.headers.get('location') + '/events', url));
  assert.equal(events.headers.get('content-type'), 'text/event-stream; charset=utf-8');
  // Whoever asks late hears only of the end.
  assert.match(await events.text(), /^(event: progress\ndata: .*\n\n)*event: done\ndata: .*"snapshot":1/);
  assert.equal(id, 1);
  assert.ok((await (await ask('GET', 'api/snapshots/1/classes?limit=3')).json()).rows.length === 3);
  // Who leaves in the middle does no harm.
  const gone = new AbortController();
  const left = fetch(new URL('api/captures/1/events', url), { headers: { authorization: `Bearer ${TOKEN}` }, signal: gone.signal });
  gone.abort();
  await assert.rejects(left);
  assert.equal((await ask('GET', 'api/snapshots')).status, 200);
}

for (const [name, hello] of [['own-listener', undefined], ['express', '/a/b'], ['fastify', '/a/b'], ['koa', '/a/b'], ['hono', '/a/b'], ['nest', '/greeting']]) {
  test(name, () => withExample(`${name}.js`, (url) => check(url, hello)));
}

for (const { line, path: node } of nodes()) {
  test(`node:http on Node.js ${line}`, () => withExample('http.js', (url) => check(url, '/a/b'), node));
}

test('Express 4, mounted below another path', async () => {
  const express = require('express4');
  const admin = createAdmin({ token: TOKEN });
  const app = express();
  app.use('/ops/leaks', admin.express());
  app.get('*', (request, response) => response.send(`hello ${request.url}`));
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${server.address().port}/ops/leaks/`;
  try {
    await check(url, '/a/b');
    const bare = await fetch(url.slice(0, -1), { redirect: 'manual' });
    assert.equal(bare.status, 308);
    assert.equal(bare.headers.get('location'), '/ops/leaks/');
  } finally {
    server.close();
    server.closeAllConnections();
    await admin.close();
  }
});

test('HTTP/2', async () => {
  const admin = createAdmin({ token: TOKEN });
  const server = http2.createServer((request, response) => admin.handler(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = http2.connect(`http://127.0.0.1:${server.address().port}`);
  const status = async (headers) => {
    const stream = client.request({ ':path': '/leakscan/api/snapshots', authorization: `Bearer ${TOKEN}`, ...headers });
    const [answer] = await once(stream, 'response');
    stream.resume();
    await once(stream, 'close');
    return answer[':status'];
  };
  try {
    assert.equal(await status({}), 200);
    assert.equal(await status({ ':authority': 'evil.example' }), 403);
    assert.equal(await status({ ':authority': 'localhost', host: 'evil.example' }), 400, 'two hosts');
    assert.equal(await status({ ':path': '/leakscan/api/captures/9/events' }), 404);
  } finally {
    client.close();
    server.close();
    await admin.close();
  }
});

test('what goes wrong in an answer is not the service\'s end', async () => {
  const { handlerOf } = await import('../lib/admin/faces.js');
  const broken = { basePath: '', below: () => '/', answer: async () => ({ status: 200, headers: { 'not a name': 'x' }, body: '' }) };
  const handler = handlerOf(broken);
  const server = http.createServer((request, response) => handler(request, response, undefined));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // An unhandled rejection would fail this test.
  await assert.rejects(fetch(`http://127.0.0.1:${server.address().port}/`));
  server.close();
});

test('without a next in line, what is not the endpoint\'s is a 404', async () => {
  const admin = createAdmin({ token: TOKEN });
  assert.equal((await admin.fetch(new Request('http://localhost/elsewhere'))).status, 404);
  const { url, close } = await admin.listen();
  assert.equal((await fetch(new URL('/elsewhere', url))).status, 404);
  await close();
  await admin.close();
});

test('the endpoint keeps no process running', async () => {
  const script = `const { createAdmin } = require(${JSON.stringify(path.join(examples, '../../admin.js'))});
    const admin = createAdmin({ token: ${JSON.stringify(TOKEN)} });
    admin.listen().then(({ url }) => fetch(url + 'api/health', { headers: { authorization: 'Bearer ${TOKEN}' } })).then((answer) => answer.json()).then(() => console.log('asked'));`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.on('data', (chunk) => (said += chunk));
  const [code] = await once(child, 'exit');
  await until(async () => said, (text) => text === 'asked\n');
  assert.equal(code, 0);
});
