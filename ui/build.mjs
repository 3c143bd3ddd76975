// Builds the page: `node ui/build.mjs` writes ui/dist. The same sources and versions give the same bytes, which a test checks.
//
// One file holds all: script and style are allowed by their hashes, and nothing else is.

import { build } from 'esbuild';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));

/** What ends up in the page, and whose licences therefore go with it. */
const BUNDLED = ['preact', 'd3-hierarchy', 'uplot'];

/** @param {string} text */
const hash = (text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

async function bundle() {
  const { outputFiles } = await build({
    entryPoints: [path.join(here, 'src', 'main.jsx')],
    absWorkingDir: here,
    outdir: 'dist',
    bundle: true,
    minify: true,
    write: false,
    format: 'iife',
    target: ['chrome111', 'firefox115', 'safari16.4'],
    charset: 'utf8',
    legalComments: 'none',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    define: { 'process.env.NODE_ENV': '"production"' },
  });
  const of = (extension) => outputFiles.find((file) => file.path.endsWith(extension)).text.trim();
  return { script: of('.js'), style: of('.css') };
}

/**
 * The files of ui/dist by name.
 * @returns {Promise<Record<string, string>>}
 */
export async function files() {
  const { script, style } = await bundle();
  const policy = [
    "default-src 'none'",
    `script-src ${hash(script)}`,
    `style-src ${hash(style)}`,
    'img-src data:',
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  const parts = { policy, style, script };
  // A function: what a text inserts must not be taken for a pattern's `$&`.
  const page = readFileSync(path.join(here, 'src', 'page.html'), 'utf8').replace(/\{\{(\w+)\}\}/g, (_, name) => parts[name]);
  const licences = BUNDLED.map((name) => {
    const directory = path.join(here, 'node_modules', name);
    const { version } = JSON.parse(readFileSync(path.join(directory, 'package.json'), 'utf8'));
    return `${name} ${version}\n\n${readFileSync(path.join(directory, 'LICENSE'), 'utf8').trim()}\n`;
  });
  return { 'index.html': page, 'LICENSES.txt': `index.html contains:\n\n${licences.join('\n')}` };
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  mkdirSync(path.join(here, 'dist'), { recursive: true });
  for (const [name, text] of Object.entries(await files())) writeFileSync(path.join(here, 'dist', name), text);
}
