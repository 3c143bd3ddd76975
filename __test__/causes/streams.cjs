'use strict';
// Backlogs in streams and queues, and streams and queues that keep up.

const { once } = require('node:events');
const fs = require('node:fs');
const http = require('node:http');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');
const { PassThrough, Readable, Transform, Writable } = require('node:stream');
const { pipeline } = require('node:stream/promises');
const { Worker } = require('node:worker_threads');
const async = require('async');
const fastq = require('fastq');
const readableStream = require('readable-stream');
const { body, run } = require('./rounds.cjs');

/** A sink that never finishes its first chunk; nobody minds what `write` returns. */
class AuditSink extends Writable {
  _write() {}
}
const sink = new AuditSink();
function written(number) { // leak: written
  sink.write(body(number));
}

/** The same of objects, by a writer whom the callback tells. */
const records = new Writable({ objectMode: true, write() {} });
function objects(number) {
  records.write({ number, text: body(number) }, () => number); // leak: objects
}

/** Nobody reads the other end. */
const tee = new PassThrough();
function unread(number) { // leak: unread
  tee.write(Buffer.from(body(number)));
}

const feed = new Readable({ objectMode: true, read() {} });
function pushed(number) { // leak: pushed
  feed.push({ number, text: body(number) });
}

/** The package that brings Node's streams to everybody. */
const old = new readableStream.Writable({ objectMode: true, write() {} });
function packaged(number) { // leak: packaged
  old.write({ text: body(number) });
}

/** A client that reads nothing of a response that never ends. */
let response;
async function slowClient(number) { // leak: slowClient
  if (!response) {
    const server = http.createServer((request, answer) => {
      response = answer;
      // Fills what lies between server and client.
      answer.write(Buffer.alloc(16e6));
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address();
    const source = `const socket = require('net').connect(${port}, '127.0.0.1', () => {
        socket.write('GET / HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n'); socket.pause(); });
      setInterval(() => {}, 1e6);`;
    new Worker(source, { eval: true });
    await once(server, 'request');
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  response.write(body(number));
}

/** A request whose turn never comes: the agent's only socket is taken. */
const single = new http.Agent({ maxSockets: 1 });
let waiting;
async function upload(number) { // leak: upload
  if (!waiting) {
    const server = net.createServer(() => {});
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address();
    http.get({ port, host: '127.0.0.1', agent: single });
    waiting = http.request({ port, host: '127.0.0.1', method: 'POST', agent: single });
  }
  waiting.write(body(number));
}

/** Requests that wait for a socket of the agent. */
let target;
async function requests(number) { // leak: requests
  if (!target) {
    const server = net.createServer(() => {});
    await once(server.listen(0, '127.0.0.1'), 'listening');
    target = server.address().port;
  }
  const text = body(number);
  http.get({ port: target, host: '127.0.0.1', agent: single }, () => text.length);
}

let controller;
const web = new ReadableStream({
  start(given) {
    controller = given;
  },
});
function webRead(number) { // leak: webRead
  controller.enqueue(body(number));
  return web;
}

const webSink = new WritableStream({ write: () => new Promise(() => {}) });
const writer = webSink.getWriter();
function webWrite(number) { // leak: webWrite
  writer.write(body(number)).catch(() => {});
}

const jobs = async.queue((job, done) => void [job, done], 1);
function asyncQueue(number) {
  jobs.push({ text: body(number) }, () => number); // leak: asyncQueue
}

const fast = fastq((job, done) => void [job, done], 1);
function fastqQueue(number) {
  fast.push({ text: body(number) }, () => number); // leak: fastqQueue
}

let limit;
async function pLimit(number) { // leak: pLimit
  limit ??= (await import('p-limit')).default(1);
  const text = body(number);
  limit(() => new Promise(() => text.length));
}

let priority;
async function pQueue(number) { // leak: pQueue
  priority ??= new (await import('p-queue')).default({ concurrency: 1 });
  const text = body(number);
  priority.add(() => new Promise(() => text.length));
}

/** Two jobs a round come, one gets done: what waited before has left long since. */
const behind = new Transform({
  objectMode: true,
  readableHighWaterMark: 1e6,
  transform(chunk, encoding, done) {
    step = () => done(null, undefined);
  },
});
let step = () => {};
function fallingBehind(number) { // leak: fallingBehind
  behind.write({ text: body(number) });
  behind.write({ text: body(number) });
  step();
}

/** Many streams and queues at once. */
async function streams(number) {
  for (const write of [written, objects, unread, pushed, packaged, upload, webRead, webWrite]) await write(number);
}
async function queues(number) {
  for (const add of [requests, asyncQueue, fastqQueue, pLimit, pQueue]) await add(number);
}

// -- healthy ---------------------------------------------------------------------------------------------------------

/** Waits for 'drain'. */
class SlowSink extends Writable {
  _write(chunk, encoding, done) {
    setImmediate(done);
  }
}
const polite = new SlowSink();
async function backPressure(number) {
  for (let at = 0; at < 10; at++) if (!polite.write(body(number))) await once(polite, 'drain');
}

/** Stays below its mark: little, and nobody reads it. */
const small = new PassThrough();
function belowMark(number) {
  small.write(Buffer.alloc(80, number));
}

/** As long before as after. */
const steady = new Writable({ objectMode: true, highWaterMark: 4, write: (chunk, encoding, done) => (next = done) });
let next = () => {};
const queue = async.queue((job, done) => (finish = done), 1);
let finish = () => {};
function equallyLong(number) {
  if (number === 0) {
    for (let at = 0; at < 200; at++) {
      steady.write({ text: body(-at) });
      queue.push({ text: body(-at) });
    }
  }
  steady.write({ text: body(number) });
  queue.push({ text: body(number) });
  next();
  finish();
}

/** Grows and is drained, every round. */
const drained = fastq((job, done) => setImmediate(done), 4);
async function drains(number) {
  for (let at = 0; at < 50; at++) drained.push({ text: body(number) });
  await new Promise((resolve) => (drained.drain = resolve));
  const file = path.join(os.tmpdir(), `leakscan-streams-${process.pid}`);
  await pipeline(Readable.from([body(number), body(number)]), new PassThrough(), fs.createWriteStream(file));
  fs.rmSync(file);
  const { readable, writable } = new TransformStream();
  const written = writable.getWriter();
  written.write(body(number));
  await readable.getReader().read();
}

async function healthy(number) {
  for (const work of [backPressure, belowMark, equallyLong, drains]) await work(number);
}

/** Input that nobody reads. */
process.stdin.pause();

// The module keeps what it has made, as that of a service does.
module.exports = { written, slowClient, streams, queues, fallingBehind, healthy };
run(module.exports);
