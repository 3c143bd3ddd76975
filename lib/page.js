// @ts-check
'use strict';

/**
 * The page: one file whose own scripts and styles are the only ones that a browser may run. Served, it holds no data and asks for it;
 * written to a file, it holds answers by their route, and may ask nobody.
 */

const { createHash } = require('node:crypto');
const { readFileSync } = require('node:fs');
const path = require('node:path');
const { LeakscanError } = require('./errors.js');

const FILE = path.join(__dirname, '..', 'ui', 'dist', 'index.html');

/** `bytes` are the same for everybody: a server's slow readers hold nothing of their own. @type {{ html: string, bytes: Buffer, policy: string } | undefined} */
let page;

function readPage() {
  if (page) return page;
  let html;
  try {
    html = readFileSync(FILE, 'utf8');
  } catch (cause) {
    throw new LeakscanError('ERR_LEAKSCAN_NOT_FOUND', 'this copy of leakscan has no page; the routes below /api work without it', { cause });
  }
  page = { html, bytes: Buffer.from(html), policy: policyOf(html) };
  return page;
}

/** A policy that allows what stands in the file, by its hash, and nothing else. @param {string} html */
function policyOf(html) {
  const hashes = (/** @type {string} */ tag) =>
    [...html.matchAll(new RegExp(`<${tag}(?:\\s[^>]*)?>([^]*?)</${tag}>`, 'g'))]
      .map(([, text]) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`)
      .join(' ') || "'none'";
  return [
    "default-src 'none'",
    `script-src ${hashes('script')}`,
    `style-src ${hashes('style')}`,
    "img-src data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

/**
 * The page with its data: what routes of the admin endpoint would answer, by their target without a window.
 * @param {Record<string, unknown>} answers
 */
function pageWith(answers) {
  // No text of a heap can end the element that it stands in.
  const data = JSON.stringify(answers).replaceAll('<', '\\u003c');
  return readPage()
    .html.replace("connect-src 'self'", "connect-src 'none'")
    .replace('<!--data-->', () => `<script type="application/json" id="leakscan-data">${data}</script>`);
}

/**
 * A page of answers to one question, when nobody can be asked more.
 * @param {object[]} snapshots what is known of them, the oldest first
 * @param {Record<string, object>} answers
 */
function pageOf(snapshots, answers) {
  return pageWith({
    '/api/health': { schemaVersion: 1, live: false },
    '/api/snapshots': { snapshots: snapshots.map((snapshot, at) => ({ id: at + 1, ...snapshot })) },
    ...answers,
  });
}

module.exports = { pageOf, pageWith, readPage };
