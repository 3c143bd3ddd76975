// Installs what only the tests need, each in its own package so that `npm install` of leakscan stays light:
// what leaking programs use (causes/, proof/), frameworks (admin/), DevTools' code (devtools/), other Node.js lines (nodes/), a
// validator of schemas (schema/), TypeScript (types/), what drives Chromium (browser/) and builds the page (../ui). Of Debian
// Chromium and Prometheus' checker; of PyPI a DuckDB (fleet/).
// Does nothing when all is in place.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { installPromtool } from './admin/promtool.mjs';
import { installChromium } from './browser/chromium.mjs';
import { installPython } from './fleet/python.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const packages = ['../ui', 'admin', 'browser', 'causes', 'devtools', 'frameworks', 'nodes', 'proof', 'schema', 'types'];
const attempts = 3;

/** Installs every test package that is absent or differs from its lock file. */
export async function setup() {
  for (const name of packages) install(path.join(here, name));
  const { build } = await import(pathToFileURL(path.join(here, 'devtools', 'build.mjs')).href);
  await build();
  installChromium();
  installPromtool();
  installPython();
}

function install(directory) {
  const lock = createHash('sha256')
    .update(readFileSync(path.join(directory, 'package-lock.json')))
    .digest('hex');
  const stamp = path.join(directory, 'node_modules', '.installed');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return;
  // Nothing here needs an install script, and the Node.js binaries must not land in .bin, where they would shadow `node`.
  const flags = ['ci', '--ignore-scripts', '--no-bin-links', '--no-audit', '--no-fund', '--loglevel=error'];
  console.error(`installing ${path.relative(process.cwd(), directory)}`);
  for (let attempt = 1; ; attempt++) {
    // npm is a .cmd file on Windows, which only a shell starts.
    const { status } = spawnSync('npm', flags, {
      cwd: directory,
      stdio: ['ignore', 'ignore', 'inherit'],
      shell: process.platform === 'win32',
    });
    if (status === 0) break;
    if (attempt === attempts) throw new Error(`npm ${flags[0]} failed ${attempts} times in ${directory}`);
  }
  writeFileSync(stamp, lock);
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) await setup();
