// ui/dist is what `node ui/build.mjs` makes of the sources, byte by byte, and one file that needs nothing else.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';

import { files } from '../ui/build.mjs';

const MOST_BYTES = 120_000;
const dist = (name) => readFileSync(new URL(`../ui/dist/${name}`, import.meta.url), 'utf8');

test('what is committed is what the sources give', async () => {
  for (const [name, text] of Object.entries(await files())) {
    assert.ok(dist(name) === text, `ui/dist/${name} is not what the sources give: run \`node ui/build.mjs\``);
  }
});

test('one file, with its script and style allowed by hash and nothing else', (t) => {
  const page = dist('index.html');
  const size = gzipSync(page, { level: 9 }).length;
  t.diagnostic(`${size} bytes gzipped`);
  assert.ok(size < MOST_BYTES, `${size}`);
  const [, policy] = /<meta http-equiv="Content-Security-Policy" content="([^"]*)">/.exec(page);
  const hash = (tag) => createHash('sha256').update(new RegExp(`<${tag}>([^]*)</${tag}>`).exec(page)[1]).digest('base64');
  assert.equal(
    policy,
    `default-src 'none'; script-src 'sha256-${hash('script')}'; style-src 'sha256-${hash('style')}'; img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'`,
  );
  const markup = page.replace(/<script>[^]*<\/script>|<style>[^]*<\/style>/g, '');
  assert.doesNotMatch(markup, /\bsrc=|<iframe|<base|\bon\w+=|\bstyle=/);
  assert.deepEqual([...markup.matchAll(/<link[^>]*href="(\w+:)/g)].map(([, scheme]) => scheme), ['data:']);
  assert.doesNotMatch(page, /@import|url\((?!data:)/);
});

test('the licences of what is in it go with it', () => {
  for (const name of ['preact', 'd3-hierarchy', 'uplot']) assert.match(dist('LICENSES.txt'), new RegExp(`^${name} \\d`, 'm'));
});

test('no source puts text into the page as markup, and none keeps anything beyond the page', () => {
  const root = new URL('../ui/src/', import.meta.url);
  for (const name of readdirSync(root, { recursive: true }).filter((it) => /\.jsx?$/.test(it))) {
    const text = readFileSync(new URL(name, root), 'utf8');
    assert.doesNotMatch(text, /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|localStorage|sessionStorage|document\.cookie|indexedDB/, name);
  }
});
