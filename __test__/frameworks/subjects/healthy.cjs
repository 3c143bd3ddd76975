'use strict';
// Work that grows memory for a while, or looks as if it did, and leaks nothing: an assertion that fails here is wrong.

const http = require('node:http');
const path = require('node:path');
const { once } = require('node:events');

/** A cache that fills up to its bound while it is measured, and turns over from then on. */
function warmingLru() {
  const cache = new Map();
  const LIMIT = 12;
  let number = 0;
  return function work() {
    const key = `user ${number++}`;
    cache.set(key, { key, text: key.repeat(50) });
    if (cache.size > LIMIT) cache.delete(cache.keys().next().value);
  };
}

/** Modules that are loaded when they are needed first. */
function lazyRequire() {
  const NAMES = ['punycode.cjs', 'templates.cjs', 'mailer.cjs'];
  let number = 0;
  return function work() {
    const name = NAMES[Math.floor(number++ / 5) % NAMES.length];
    return require(path.join(__dirname, 'lazy', name)).run(number);
  };
}

/** Promises that wait for one another, and are all settled in the end. */
function promiseChain() {
  return async function work() {
    let chain = Promise.resolve(Buffer.alloc(1000));
    for (let step = 0; step < 20; step++) chain = chain.then((body) => Buffer.from(body));
    await Promise.all([chain, new Promise((resolve) => setImmediate(resolve, chain))]);
  };
}

/** Requests over sockets that are kept open and used again. */
async function keepAliveClient() {
  const server = http.createServer((request, response) => response.end(`hello ${request.url}`));
  // On a busy machine more than the usual five seconds pass between two requests, and the server hangs up.
  server.keepAliveTimeout = 0;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const agent = new http.Agent({ keepAlive: true, maxSockets: 4 });
  const { port } = server.address();
  let number = 0;
  const get = () =>
    new Promise((resolve, reject) => {
      http
        .get({ agent, port, host: '127.0.0.1', path: `/item/${number++}` }, (response) => {
          response.resume().on('end', resolve);
        })
        .on('error', reject);
    });
  const work = () => Promise.all([get(), get()]);
  work.close = () => {
    agent.destroy();
    server.close();
  };
  return work;
}

/** A class that makes its tables when it is used first. */
function statics() {
  class Rates {
    static #table;
    static table() {
      Rates.#table ??= Array.from({ length: 500 }, (_, at) => ({ at, rate: at / 7 }));
      return Rates.#table;
    }
    constructor(at) {
      this.rate = Rates.table()[at % 500].rate;
    }
  }
  let number = 0;
  return () => new Rates(number++).rate;
}

/** A test that says something in every round. */
function logging() {
  let number = 0;
  return () => console.log(`round ${number++} of the work that logs`);
}

module.exports = { warmingLru, lazyRequire, promiseChain, keepAliveClient, statics, logging };
