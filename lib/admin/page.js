// @ts-check
'use strict';

/** The page: one file without data, whose own scripts and styles are the only ones that a browser may run. */

const { createHash } = require('node:crypto');
const { readFileSync } = require('node:fs');
const path = require('node:path');
const { LeakscanError } = require('../errors.js');

const FILE = path.join(__dirname, '..', '..', 'ui', 'dist', 'index.html');

/** @type {{ html: string, policy: string } | undefined} */
let page;

function readPage() {
  if (page) return page;
  let html;
  try {
    html = readFileSync(FILE, 'utf8');
  } catch (cause) {
    throw new LeakscanError('ERR_LEAKSCAN_NOT_FOUND', 'this copy of leakscan has no page; the routes below /api work without it', { cause });
  }
  page = { html, policy: policyOf(html) };
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

module.exports = { policyOf, readPage };
