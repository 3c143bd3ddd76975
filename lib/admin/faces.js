// @ts-check
'use strict';

/** The core behind `handler(request, response, next)` and behind `fetch(Request)`, and what frameworks put in front of these. */

/** A reader that takes nothing for so long is cut off: what it did not take waits in memory. */
const PATIENCE_MS = 20_000;

/**
 * `(request, response, next)`, as node:http, Express and Connect call it.
 * @param {import('./core.js').Core} core
 * @param {{ patienceMs?: number }} [options]
 */
function handlerOf(core, { patienceMs = PATIENCE_MS } = {}) {
  return (/** @type {any} */ request, /** @type {any} */ response, /** @type {((error?: unknown) => void) | undefined} */ next) => {
    const { target, base } = placeOf(core, request);
    if (target === undefined) {
      if (next) return next();
      response.writeHead(404).end();
      return;
    }
    // Whatever goes wrong is this answer's end, never an unhandled rejection, which would be the service's.
    serve(core, { target, base, patienceMs }, request, response).catch(() => response.destroy());
  };
}

/**
 * Where a request is of ours: below the base, or below the place where a framework mounted the handler.
 * @param {import('./core.js').Core} core
 * @param {any} request
 */
function placeOf(core, { originalUrl, url, baseUrl }) {
  const whole = originalUrl ?? url;
  const below = core.below(whole);
  if (below !== undefined) return { target: below, base: core.basePath };
  return typeof baseUrl === 'string' && baseUrl !== '' ? { target: core.below(whole, baseUrl), base: baseUrl } : {};
}

/**
 * @param {import('./core.js').Core} core
 * @param {{ target: string, base?: string | undefined, patienceMs: number }} call
 * @param {import('node:http').IncomingMessage} request
 * @param {import('node:http').ServerResponse} response
 */
async function serve(core, { target, base, patienceMs }, request, response) {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const from = request.socket?.remoteAddress;
  const { status, headers, body, stream } = await core.answer(request.method ?? '', target, headersOf(request.rawHeaders), {
    signal: gone.signal,
    ...(from && { from }),
    ...(base !== undefined && { base }),
  });
  if (response.destroyed || response.headersSent) return endOf(stream);
  const patience = setTimeout(() => response.destroy(), patienceMs).unref();
  response.once('close', () => clearTimeout(patience));
  if (!stream) {
    const bytes = typeof body === 'string' ? Buffer.from(body) : (body ?? Buffer.alloc(0));
    response.writeHead(status, { ...headers, 'content-length': bytes.length }).end(bytes);
    return;
  }
  response.writeHead(status, headers);
  response.flushHeaders();
  clearTimeout(patience);
  try {
    for (const pieces = readerOf(stream, gone.signal); ; ) {
      const { done, value } = await pieces.next();
      if (done || gone.signal.aborted) break;
      if (!response.write(value)) await drained(response, patienceMs);
    }
    response.end();
  } catch {
    // The file ended early: what is sent so far cannot be taken back.
    response.destroy();
  }
}

/** Until the reader has taken what was written, or is gone; one that takes nothing is cut off. @param {import('node:http').ServerResponse} response @param {number} patienceMs */
function drained(response, patienceMs) {
  return new Promise((resolve) => {
    const patience = setTimeout(() => response.destroy(), patienceMs).unref();
    const done = () => {
      clearTimeout(patience);
      response.off('drain', done);
      response.off('close', done);
      resolve(undefined);
    };
    response.on('drain', done);
    response.on('close', done);
  });
}

/** Every header by its name, as a list where it came more than once: Node.js would keep one and drop the others. @param {string[]} raw */
function headersOf(raw) {
  /** @type {Record<string, any>} */
  const headers = Object.create(null);
  for (let at = 0; at + 1 < raw.length; at += 2) {
    // HTTP/2 has the host in the request line.
    const name = raw[at] === ':authority' ? 'host' : raw[at].toLowerCase();
    headers[name] = headers[name] === undefined ? raw[at + 1] : [headers[name], raw[at + 1]].flat();
  }
  return headers;
}

/** What a stream yields; it is ended when its reader is gone. @param {AsyncIterable<any>} stream @param {AbortSignal} signal */
function readerOf(stream, signal) {
  const pieces = stream[Symbol.asyncIterator]();
  const end = () => void Promise.resolve(pieces.return?.()).catch(() => {});
  if (signal.aborted) end();
  signal.addEventListener('abort', end, { once: true });
  return pieces;
}

/** @param {AsyncIterable<any> | undefined} stream */
function endOf(stream) {
  void Promise.resolve(stream?.[Symbol.asyncIterator]().return?.()).catch(() => {});
}

/**
 * `fetch(Request)`, as Hono, workers and web servers call it.
 * @param {import('./core.js').Core} core
 */
function fetchOf(core) {
  return async (/** @type {Request} */ request) => {
    const { pathname, search } = new URL(request.url);
    const target = core.below(pathname + search);
    if (target === undefined) return new Response(null, { status: 404 });
    const given = Object.fromEntries(request.headers);
    // A Request's target holds the host, and need not have the header.
    given.host ??= new URL(request.url).host;
    const { status, headers, body, stream } = await core.answer(request.method, target, given, { signal: request.signal });
    return new Response(stream ? webStream(stream, request.signal) : body || null, { status, headers });
  };
}

/** A web stream that asks for the next piece when its reader does. @param {AsyncIterable<any>} stream @param {AbortSignal} signal */
function webStream(stream, signal) {
  const gone = new AbortController();
  const pieces = readerOf(stream, AbortSignal.any([signal, gone.signal]));
  const encoder = new TextEncoder();
  return new ReadableStream(
    {
      async pull(controller) {
        const { done, value } = await pieces.next();
        if (done) controller.close();
        else controller.enqueue(typeof value === 'string' ? encoder.encode(value) : new Uint8Array(value));
      },
      cancel() {
        gone.abort();
      },
    },
    { highWaterMark: 0 },
  );
}

/** A plugin for Fastify; it answers before anything else of the application reads the request. @param {import('./core.js').Core} core */
function fastifyOf(core) {
  const handler = handlerOf(core);
  /** @param {any} instance @param {unknown} _ @param {() => void} done */
  function leakscanAdmin(instance, _, done) {
    instance.addHook('onRequest', (/** @type {any} */ request, /** @type {any} */ reply, /** @type {() => void} */ next) => {
      if (core.below(request.raw.url) === undefined) return next();
      reply.hijack();
      handler(request.raw, reply.raw, undefined);
    });
    done();
  }
  // For the whole application, not for a scope of its own.
  return Object.assign(leakscanAdmin, { [Symbol.for('skip-override')]: true });
}

/** A middleware for Koa. @param {import('./core.js').Core} core */
function koaOf(core) {
  const handler = handlerOf(core);
  return async (/** @type {any} */ context, /** @type {() => Promise<void>} */ next) => {
    if (core.below(context.originalUrl) === undefined) return next();
    context.respond = false;
    handler(context.req, context.res, undefined);
  };
}

module.exports = { fastifyOf, fetchOf, handlerOf, koaOf };
