'use strict';
// Handles that are opened again and again, and handles that are closed.

const childProcess = require('node:child_process');
const dgram = require('node:dgram');
const dns = require('node:dns');
const { once } = require('node:events');
const fs = require('node:fs');
const http = require('node:http');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');
const { MessageChannel, Worker } = require('node:worker_threads');
const zlib = require('node:zlib');
const { body, run } = require('./rounds.cjs');

const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'leakscan-handles-'));
process.on('exit', () => fs.rmSync(directory, { recursive: true, force: true }));

/** A server in a heap of its own: an echo, or HTTP if `isHttp`; its port. */
async function peer(isHttp = false) {
  const make = isHttp
    ? `require('http').createServer({ keepAliveTimeout: 1e6 }, (request, response) => response.end('ok'))`
    : `require('net').createServer((socket) => socket.on('error', () => {}).resume())`;
  const worker = new Worker(
    `const server = ${make};
     server.listen(0, '127.0.0.1', () => require('worker_threads').parentPort.postMessage(server.address().port));`,
    { eval: true },
  );
  const [port] = await once(worker, 'message');
  return port;
}

const ready = {};
const portOf = (isHttp) => (ready[isHttp] ??= peer(isHttp));

/** A client per request, which nobody ends; only the event loop has it. */
async function socket(number) {
  const text = body(number);
  const client = net.connect(await portOf(false), '127.0.0.1');
  client.on('data', () => text.length); // leak: socket
  await once(client, 'connect');
}

/** The same, in a class of its own and in a registry. */
const sessions = new Map();
class Session {
  constructor(number, port) {
    this.text = body(number);
    this.socket = net.connect(port, '127.0.0.1');
    this.socket.on('data', (chunk) => this.receive(chunk)); // leak: session
  }
  receive(chunk) {
    this.text += chunk;
  }
}
async function session(number) {
  const made = new Session(number, await portOf(false));
  sessions.set(`session ${number}`, made);
  await once(made.socket, 'connect');
}

/** Both ends are of this process. */
let echo;
async function bothEnds(number) {
  if (!echo) {
    echo = net.createServer((connection) => connection.resume());
    await once(echo.listen(0, '127.0.0.1'), 'listening');
  }
  const text = body(number);
  const accepted = once(echo, 'connection');
  const client = net.connect(echo.address().port, '127.0.0.1');
  client.on('data', () => text.length); // leak: bothEnds
  await accepted;
}

/** A request that nobody answers, and no time limit. */
let silent;
async function request(number) {
  if (!silent) {
    const source = `const server = require('net').createServer((socket) => socket.on('error', () => {}).resume());
      server.listen(0, '127.0.0.1', () => require('worker_threads').parentPort.postMessage(server.address().port));`;
    [silent] = await once(new Worker(source, { eval: true }), 'message');
  }
  const text = body(number);
  const sent = http.get({ port: silent, host: '127.0.0.1' });
  sent.on('response', () => text.length); // leak: request
  await once(sent, 'finish');
}

/** An agent per request: each keeps its socket for a next request that never comes. */
async function agent(number) {
  const keepAlive = new http.Agent({ keepAlive: true });
  const text = body(number);
  const sent = http.get({ port: await portOf(true), host: '127.0.0.1', agent: keepAlive });
  const [response] = await once(sent, 'response');
  response.resume();
  await once(response, 'end');
  return text.length;
}

async function server(number) {
  const text = body(number);
  const made = net.createServer(() => text.length); // leak: server
  await once(made.listen(0, '127.0.0.1'), 'listening');
}

function watcher(number) {
  const text = body(number);
  fs.watch(directory, () => text.length); // leak: watcher
}

async function watchFile(number) {
  const text = body(number);
  const file = path.join(directory, `${number}.txt`);
  fs.writeFileSync(file, text);
  fs.watchFile(file, { interval: 1e6 }, () => text.length); // leak: watchFile
}

const open = [];
async function file() { // leak: file
  const handle = await fs.promises.open(__filename);
  open.push(handle);
}

function udp(number) {
  const text = body(number);
  const made = dgram.createSocket('udp4');
  made.on('message', () => text.length); // leak: udp
  made.bind(0, '127.0.0.1');
  return once(made, 'listening');
}

const children = new Set();
process.on('exit', () => children.forEach((child) => child.kill()));
async function child(number) {
  const text = body(number);
  const made = childProcess.spawn('sleep', ['60']);
  made.on('exit', () => text.length); // leak: child
  children.add(made);
  await once(made, 'spawn');
}

function port(number) {
  const text = body(number);
  const { port1 } = new MessageChannel();
  port1.on('message', () => text.length); // leak: port
}

const resolvers = [];
function resolver() { // leak: resolver
  resolvers.push(new dns.promises.Resolver());
}

const streams = new Set();
function gzip(number) {
  const stream = zlib.createGzip();
  stream.on('data', () => number); // leak: gzip
  streams.add(stream);
}

/** Of many kinds at once. */
async function kinds(number) {
  for (const open of [server, watcher, watchFile, file, udp, port, resolver, gzip]) await open(number);
}

/** Opened and closed, in every kind; sockets that wait in a pool; closed ones that are kept. */
const pool = new http.Agent({ keepAlive: true, maxSockets: 4 });
let last;
const latest = [];
async function healthy(number) {
  const text = body(number);
  const client = net.connect(await portOf(false), '127.0.0.1');
  client.on('data', () => text.length);
  await once(client, 'connect');
  client.destroy();
  await once(client, 'close');
  last = client;
  const made = net.createServer();
  await once(made.listen(0, '127.0.0.1'), 'listening');
  await new Promise((resolve) => made.close(resolve));
  fs.watch(directory, () => text.length).close();
  const handle = await fs.promises.open(__filename);
  await handle.close();
  latest.push(handle);
  if (latest.length > 50) latest.shift();
  const { port1 } = new MessageChannel();
  port1.on('message', () => text.length);
  port1.close();
  const gzipped = zlib.createGzip();
  gzipped.resume().end(text);
  await once(gzipped, 'end');
  const exchange = async () => {
    const sent = http.get({ port: await portOf(true), host: '127.0.0.1', agent: pool });
    const [response] = await once(sent, 'response');
    response.resume();
    await once(response, 'end');
  };
  await Promise.all(Array.from({ length: 8 }, exchange));
  return last.destroyed;
}

/** More connections at the end than at the beginning, because there is more load: each is closed after some rounds. */
let busy;
const clients = [];
async function load(number) {
  if (!busy) {
    busy = net.createServer((connection) => connection.on('error', () => {}).resume());
    await once(busy.listen(0, '127.0.0.1'), 'listening');
  }
  const wanted = number < 20 ? 2 : 33;
  const source = `const net = require('net'); const { parentPort } = require('worker_threads'); const open = [];
    parentPort.on('message', ([port, wanted]) => {
      const socket = net.connect(port, '127.0.0.1', () => {
        open.push(socket);
        if (open.length > wanted) open.shift().destroy();
        parentPort.postMessage('done');
      });
    });`;
  if (clients.length === 0) clients.push(new Worker(source, { eval: true }));
  clients[0].postMessage([busy.address().port, wanted]);
  await once(clients[0], 'message');
}

// The module keeps what it has made, as that of a service does.
module.exports = { socket, session, bothEnds, request, agent, child, kinds, healthy, load };
run(module.exports);
