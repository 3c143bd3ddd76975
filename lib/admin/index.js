// @ts-check
'use strict';

const { LeakscanArgumentError } = require('../errors.js');
const { ISOLATE_OPTIONS, KINDS, checkOptions, oneOf, shown } = require('../options.js');
const { Allocations } = require('./allocations.js');
const { Analyst } = require('./analyst.js');
const { Captures } = require('./captures.js');
const { Core } = require('./core.js');
const { fastifyOf, fetchOf, handlerOf, koaOf } = require('./faces.js');
const { Guard } = require('./guard.js');
const { listen } = require('./listen.js');
const { Live } = require('./live.js');
const { Metrics } = require('./metrics.js');
const { ROUTES } = require('./routes.js');
const { Store } = require('./store.js');

const OPTIONS = {
  token: KINDS.string,
  basePath: { expected: 'a path such as /leakscan', test: (/** @type {any} */ value) => typeof value === 'string' && /^(\/[\w.~-]+)*$/.test(value) },
  allowedHosts: {
    expected: 'a list of host names',
    test: (/** @type {any} */ value) => Array.isArray(value) && value.every((host) => typeof host === 'string' && /^[\w.-]+(:\d{1,5})?$/.test(host)),
  },
  dir: KINDS.path,
  keep: KINDS.positive,
  maxBytes: KINDS.positive,
  maxOpen: KINDS.positive,
  cooldown: KINDS.count,
  strings: oneOf('none', 'preview'),
  sourceMaps: KINDS.sourceMaps,
  ...ISOLATE_OPTIONS,
  allowDownload: KINDS.boolean,
  allowForce: KINDS.boolean,
  onAudit: KINDS.function,
  watch: { expected: 'options of watch(), or a Watcher', test: (/** @type {any} */ value) => typeof value === 'object' && value !== null },
};
const LEAST_TOKEN_BYTES = 16;

/**
 * The admin endpoint of this process; see `admin.d.ts`.
 * @param {object} given
 */
function createAdmin(given) {
  const {
    token,
    basePath = '/leakscan',
    allowedHosts = [],
    dir,
    keep = 6,
    maxBytes = 4e9,
    maxOpen = 2,
    cooldown = 30_000,
    strings = 'none',
    sourceMaps,
    isolate,
    allowDownload = false,
    allowForce = false,
    onAudit,
    watch,
  } = checkOptions(given, OPTIONS);
  checkToken(token);
  const guard = new Guard({ token, allowedHosts });
  const analyst = new Analyst({ strings, sourceMaps, maxOpen: Math.max(2, maxOpen), isolate });
  const store = new Store({ dir: dir && String(dir), keep, maxBytes, onRemove: (id) => void analyst.forget(id).catch(() => {}) });
  const captures = new Captures({ store, analyst, cooldown, allowForce, isolate });
  const allocations = new Allocations();
  const live = new Live(typeof watch?.verdicts === 'function' ? { watcher: watch } : { watchOptions: watch });
  const metrics = new Metrics({ live, captures, store });
  const parts = { guard, store, analyst, captures, allocations, live, metrics, options: { strings, allowDownload, allowForce } };
  const core = new Core({ basePath, parts, routes: ROUTES, onAudit });
  const handler = handlerOf(core);
  /** @type {Set<{ close(): Promise<void> }>} */
  const listeners = new Set();
  return {
    handler,
    fetch: fetchOf(core),
    express: () => handler,
    koa: () => koaOf(core),
    fastify: fastifyOf(core),
    /** @param {object} [options] */
    async listen(options) {
      const listener = await listen(handler, basePath, options);
      listeners.add(listener);
      return listener;
    },
    /** @param {{ ttl?: number }} [options] */
    ticket(options) {
      const { ttl } = checkOptions(options, { ttl: KINDS.positive });
      return guard.ticket(ttl);
    },
    registerMetrics: (/** @type {any} */ register) => metrics.register(register),
    instrument: (/** @type {any} */ meter) => metrics.instrument(meter),
    async close() {
      live.close();
      captures.close();
      allocations.close();
      guard.close();
      await Promise.all([...listeners].map((listener) => listener.close()));
      await analyst.close();
      store.close();
    },
  };
}

/** @param {unknown} token */
function checkToken(token) {
  if (typeof token !== 'string') throw new LeakscanArgumentError(`expected option \`token\` to be a secret, found ${shown(token)}: without one nothing is served`);
  if (Buffer.byteLength(token) < LEAST_TOKEN_BYTES) {
    throw new LeakscanArgumentError(`expected option \`token\` to have ${LEAST_TOKEN_BYTES} bytes at least: \`openssl rand -base64 24\` makes one`);
  }
  if (!/^[\x21-\x7e]{1,1024}$/.test(token)) throw new LeakscanArgumentError('expected option `token` to be 1024 printable ASCII characters at most, without spaces');
}

module.exports = { createAdmin };
