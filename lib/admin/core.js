// @ts-check
'use strict';

/**
 * The endpoint without any server: `(method, target, headers)` to `{ status, headers, body | stream }`. It reads no body, sets no cookie,
 * and nothing of a target ever names a file.
 *
 * @typedef {object} Parts
 * @property {import('./guard.js').Guard} guard
 * @property {{ get(id: number): any, list(): any[], remove(id: number): void }} store
 * @property {import('./analyst.js').Analyst} analyst
 * @property {{ strings: 'none' | 'preview', allowDownload: boolean, allowForce: boolean }} options
 * @property {import('./live.js').Live} [live] absent when files are looked at
 * @property {import('./captures.js').Captures} [captures]
 * @property {import('./allocations.js').Allocations} [allocations]
 * @property {import('./metrics.js').Metrics} [metrics]
 *
 * @typedef {{ status: number, headers: Record<string, string>, body?: string | Buffer, stream?: AsyncIterable<string | Uint8Array> }} Answer
 */

const { Refusal, described, notFound, statusOf } = require('./failure.js');
const { parseTarget, readQuery } = require('./target.js');

/** Of every answer. */
const HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};
/** Calls at a time: an answer may be large, and its reader slow. */
const MOST_CALLS = 64;
const LONGEST_HEADERS = 16_384;

class Core {
  #base;
  #parts;
  #routes;
  #onAudit;
  #calls = 0;

  /**
   * @param {object} options
   * @param {string} options.basePath
   * @param {Parts} options.parts
   * @param {import('./routes.js').Route[]} options.routes
   * @param {(event: object) => unknown} [options.onAudit]
   */
  constructor({ basePath, parts, routes, onAudit }) {
    this.#base = basePath;
    this.#parts = parts;
    this.#routes = routes.map((route) => ({ ...route, segments: route.path.slice(1).split('/') }));
    this.#onAudit = onAudit;
  }

  get basePath() {
    return this.#base;
  }

  /** What of a target stands below the base; `undefined` if it is somebody else's. @param {string} target @param {string} [base] */
  below(target, base = this.#base) {
    const rest = target.slice(base.length);
    return target.startsWith(base) && /^([/?]|$)/.test(rest) ? rest : undefined;
  }

  /**
   * @param {string} method
   * @param {string} target below the base
   * @param {Record<string, string | string[] | undefined>} headers by name in lower case; a list where one came more than once
   * @param {{ signal?: AbortSignal, from?: string, base?: string }} [context] `base` is where the endpoint was found
   * @returns {Promise<Answer>}
   */
  async answer(method, target, headers, { signal, from, base = this.#base } = {}) {
    const began = performance.now();
    /** @type {any} */
    const seen = { time: Date.now(), method: /^[A-Z]{1,16}$/.test(method) ? method : '(other)', by: 'nobody', ...(from && { from }) };
    this.#calls++;
    let answer;
    try {
      answer = await this.#carryOut(method, target, headers, { signal, base }, seen);
    } catch (error) {
      answer = refusalOf(error);
      seen.code = described(error).code;
      // Nobody is there to read it: no failure, but how nginx logs such calls.
      if (signal?.aborted) answer.status = 499;
    } finally {
      this.#calls--;
    }
    this.#parts.metrics?.request(answer.status);
    void this.#tell({ ...seen, status: answer.status, ms: Math.round((performance.now() - began) * 10) / 10 });
    return answer;
  }

  /**
   * @param {string} method
   * @param {string} target
   * @param {Record<string, string | string[] | undefined>} headers
   * @param {{ signal?: AbortSignal | undefined, base: string }} context
   * @param {any} seen
   * @returns {Promise<Answer>}
   */
  async #carryOut(method, target, headers, { signal, base }, seen) {
    if (this.#calls > MOST_CALLS) throw new Refusal(503, 'ERR_LEAKSCAN_BUSY', 'too many calls at a time', { headers: { 'retry-after': '1' } });
    if (lengthOf(headers) > LONGEST_HEADERS) throw new Refusal(431, 'ERR_LEAKSCAN_INVALID_ARG', `expected ${LONGEST_HEADERS} bytes of headers at most`);
    const isBare = target === '' || target.startsWith('?');
    const { segments, query } = parseTarget(isBare ? `/${target}` : target);
    const found = this.#routes.map((route) => ({ route, ids: match(route.segments, segments) })).filter(({ ids }) => ids !== undefined);
    const { route, ids } = found.find((it) => it.route.method === method) ?? {};
    if (route) seen.route = `${route.method} ${route.path}`;
    const asks = route?.asks ?? 'token';
    this.#parts.guard.checkOrigin(headers, { isPage: asks === 'nobody' });
    // Before anything is said of what there is.
    if (asks === 'token') seen.by = this.#parts.guard.authorize(headers);
    if (found.length === 0) throw notFound('such route');
    if (route === undefined || ids === undefined) {
      const allow = found.map((it) => it.route.method).join(', ');
      throw new Refusal(405, 'ERR_LEAKSCAN_INVALID_ARG', `expected one of ${allow}`, { headers: { allow } });
    }
    // The page asks for what stands beside it.
    if (isBare) return { status: 308, headers: { ...HEADERS, location: `${base}/${target}` } };
    if (route.isLive && !this.#parts.live) throw notFound('running process here, only files');
    const reply = await route.handle(/** @type {Required<Parts>} */ (this.#parts), { ids, query: readQuery(query, route.query ?? {}), headers, signal });
    return answerOf(/** @type {any} */ (reply), base);
  }

  /** Who listens must not decide whether the service lives: neither by throwing nor by rejecting. @param {object} event */
  async #tell(event) {
    try {
      await this.#onAudit?.(event);
    } catch (error) {
      process.emitWarning(`onAudit: ${/** @type {any} */ (error)?.message ?? error}`, 'LeakscanWarning');
    }
  }
}

/** The ids of a path, if it is of this form. @param {string[]} form @param {string[]} segments */
function match(form, segments) {
  if (form.length !== segments.length) return undefined;
  /** @type {Record<string, number>} */
  const ids = {};
  for (const [at, part] of form.entries()) {
    if (!part.startsWith('{')) {
      if (part !== segments[at]) return undefined;
    } else {
      if (!/^\d{1,15}$/.test(segments[at])) return undefined;
      ids[part.slice(1, -1)] = Number(segments[at]);
    }
  }
  return ids;
}

/** @param {Record<string, string | string[] | undefined>} headers */
const lengthOf = (headers) => Object.entries(headers).reduce((sum, [name, value]) => sum + name.length + [value].flat().join('').length + 4, 0);

/** @param {import('./routes.js').Reply & { place?: string }} reply @param {string} base @returns {Answer} */
function answerOf({ status = 200, headers = {}, value, json, text, stream, place }, base) {
  const all = { ...HEADERS, ...headers, ...(place && { location: base + place }) };
  if (stream) return { status, headers: all, stream };
  if (text !== undefined) return { status, headers: all, body: text };
  return { status, headers: { ...all, 'content-type': 'application/json; charset=utf-8' }, body: json ?? JSON.stringify(value) };
}

/** @param {any} error @returns {Answer} */
function refusalOf(error) {
  const headers = { ...HEADERS, ...error?.headers, 'content-type': 'application/json; charset=utf-8' };
  return { status: statusOf(error), headers, body: JSON.stringify({ error: described(error) }) };
}

module.exports = { Core };
