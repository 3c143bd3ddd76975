// @ts-check
'use strict';

/**
 * Who may ask. A bearer token, and nothing that a browser sends by itself: no cookie, no client address. Beside it what browsers say
 * of a request's origin is checked, so that a page of somebody else cannot even try.
 */

const { createHmac, randomBytes, timingSafeEqual } = require('node:crypto');
const { isIP } = require('node:net');
const { Refusal, forbidden, wrong } = require('./failure.js');

/** Headers that decide; two of one kind may be read differently by a proxy and by us. */
const DECISIVE = ['authorization', 'host', 'origin', 'sec-fetch-site', 'sec-fetch-mode', 'sec-fetch-dest', 'content-length', 'transfer-encoding'];
const MOST_TICKETS = 16;
const MOST_SESSIONS = 64;
const TICKET_MS = 60_000;
const SESSION_MS = 15 * 60_000;

/** Secrets by digest, each until its time, the oldest making room. */
class Secrets {
  /** @type {Map<string, number>} */
  #until = new Map();
  #most;
  #digest;

  /** @param {number} most @param {(secret: string) => Buffer} digest */
  constructor(most, digest) {
    this.#most = most;
    this.#digest = digest;
  }

  /** @param {number} ms */
  add(ms) {
    const secret = randomBytes(24).toString('base64url');
    for (const [key, until] of this.#until) if (until < Date.now() || this.#until.size >= this.#most) this.#until.delete(key);
    const expiresAt = Date.now() + ms;
    this.#until.set(this.#digest(secret).toString('base64'), expiresAt);
    return { secret, expiresAt };
  }

  /** What is looked up is a keyed digest: how long that takes says nothing of the secret. @param {string} secret */
  has(secret) {
    return (this.#until.get(this.#digest(secret).toString('base64')) ?? 0) > Date.now();
  }

  /** @param {string} secret */
  take(secret) {
    const held = this.has(secret);
    this.#until.delete(this.#digest(secret).toString('base64'));
    return held;
  }

  clear() {
    this.#until.clear();
  }
}

class Guard {
  #key = randomBytes(32);
  #token;
  #tickets = new Secrets(MOST_TICKETS, (secret) => this.#digest(secret));
  #sessions = new Secrets(MOST_SESSIONS, (secret) => this.#digest(secret));
  #hosts;
  #sessionMs;

  /** @param {{ token: string, allowedHosts: string[], sessionMs?: number }} options */
  constructor({ token, allowedHosts, sessionMs = SESSION_MS }) {
    this.#sessionMs = sessionMs;
    this.#token = this.#digest(token);
    this.#hosts = new Set(allowedHosts.map((host) => host.toLowerCase()));
  }

  /** @param {string} secret */
  #digest(secret) {
    return createHmac('sha256', this.#key).update(secret).digest();
  }

  /** A one-time ticket for somebody who is handed a link. @param {number} [ms] */
  ticket(ms = TICKET_MS) {
    const { secret, expiresAt } = this.#tickets.add(ms);
    return { ticket: secret, expiresAt };
  }

  /**
   * Refuses what a browser would send on behalf of another page, and what two readers could understand differently.
   * @param {Record<string, string | string[] | undefined>} headers
   * @param {{ isPage: boolean }} route
   */
  checkOrigin(headers, { isPage }) {
    for (const name of DECISIVE) if (Array.isArray(headers[name])) throw wrong(`expected one header \`${name}\``);
    const { host, origin } = /** @type {Record<string, string | undefined>} */ (headers);
    const site = headers['sec-fetch-site'];
    if ((headers['content-length'] ?? '0') !== '0' || headers['transfer-encoding'] !== undefined) {
      throw new Refusal(413, 'ERR_LEAKSCAN_INVALID_ARG', 'expected a request without a body', { headers: { connection: 'close' } });
    }
    if (!this.#knows(host)) {
      throw forbidden('this host name is not known here: name it in `allowedHosts`, or use an address or localhost');
    }
    if (origin !== undefined && hostOf(origin) !== host?.toLowerCase()) throw forbidden('requests of other origins are refused');
    // Somebody may follow a link to the page, which holds no data; everything else only the page itself asks for.
    const isLink = isPage && headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document';
    if (site !== undefined && site !== 'same-origin' && site !== 'none' && !isLink) throw forbidden('requests of other sites are refused');
  }

  /**
   * A page elsewhere can let its own name point to this machine; it cannot make a browser send an address, or another name.
   * @param {string | undefined} host
   */
  #knows(host) {
    if (host === undefined || !/^(\[[\da-f:.]+\]|[\w.-]+)(:\d{1,5})?$/i.test(host)) return false;
    const whole = host.toLowerCase();
    const name = whole.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
    return isIP(name) !== 0 || name === 'localhost' || this.#hosts.has(whole) || this.#hosts.has(name);
  }

  /**
   * Who asks: by the token, or a session that came of a ticket.
   * @param {Record<string, string | string[] | undefined>} headers
   * @returns {'token' | 'session'}
   */
  authorize(headers) {
    const secret = credential(headers, 'Bearer');
    if (secret !== undefined) {
      if (timingSafeEqual(this.#digest(secret), this.#token)) return 'token';
      if (this.#sessions.has(secret)) return 'session';
    }
    throw unauthorized(secret === undefined ? 'expected a bearer token' : 'the token is not the right one, or its time is over');
  }

  /**
   * A session for a ticket, which is worth nothing afterwards.
   * @param {Record<string, string | string[] | undefined>} headers
   */
  exchange(headers) {
    const secret = credential(headers, 'Ticket');
    if (secret === undefined || !this.#tickets.take(secret)) throw unauthorized('the ticket is not the right one, was used, or its time is over');
    const { secret: token, expiresAt } = this.#sessions.add(this.#sessionMs);
    return { token, expiresAt };
  }

  /** Ends all tickets and sessions. */
  close() {
    this.#tickets.clear();
    this.#sessions.clear();
  }
}

/** @param {string} message */
const unauthorized = (message) =>
  new Refusal(401, 'ERR_LEAKSCAN_UNAUTHORIZED', message, { headers: { 'www-authenticate': 'Bearer realm="leakscan"' } });

/** @param {Record<string, any>} headers @param {string} scheme */
function credential({ authorization }, scheme) {
  const [, given, secret] = /^([A-Za-z]+) ([\x21-\x7e]{1,1024})$/.exec(authorization ?? '') ?? [];
  return given?.toLowerCase() === scheme.toLowerCase() ? secret : undefined;
}

/** @param {string} origin */
function hostOf(origin) {
  return /^https?:\/\/([^/?#]+)$/i.exec(origin)?.[1].toLowerCase();
}

module.exports = { Guard };
