#!/usr/bin/env node
// @ts-check
// What a release does beyond building, used by .github/workflows/release.yml:
//
//   node scripts/release.mjs assemble DIRECTORY   puts the binaries found under DIRECTORY into npm/*, and npm/* into the
//                                                 optionalDependencies of package.json
//   node scripts/release.mjs check                all versions are the same, and every package contains what it should

import { spawnSync } from 'node:child_process';
import { copyFileSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const platformsDir = join(root, 'npm');

/** Without these the main package does not work. */
const REQUIRED = ['package.json', 'README.md', 'LICENSE', 'index.js', 'index.d.ts', 'native.js', 'bin/leakscan.js', 'admin.js', 'admin.d.ts', 'ui/dist/index.html'];
/** These would make it larger and not better. */
const UNWANTED = /\.node$|\.heapsnapshot$|^(src|target|tests|benches|fuzz|bench|examples|__test__|npm)\//;

const readJson = (/** @type {string} */ file) => JSON.parse(readFileSync(file, 'utf8'));

/** The platform packages: directory and manifest. */
function platforms() {
  return readdirSync(platformsDir, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => ({ dir: join(platformsDir, name), manifest: readJson(join(platformsDir, name, 'package.json')) }));
}

/** @param {string} artifacts */
function assemble(artifacts) {
  const files = readdirSync(artifacts, { recursive: true, encoding: 'utf8' });
  const manifestFile = join(root, 'package.json');
  const manifest = readJson(manifestFile);
  manifest.optionalDependencies = {};
  for (const platform of platforms()) {
    const binary = platform.manifest.main;
    const found = files.find((file) => basename(file) === binary);
    if (found === undefined) throw new Error(`${binary} is not under ${artifacts}`);
    copyFileSync(join(artifacts, found), join(platform.dir, binary));
    manifest.optionalDependencies[platform.manifest.name] = platform.manifest.version;
  }
  writeFileSync(manifestFile, `${JSON.stringify(manifest, null, 2)}\n`);
}

/**
 * Paths that npm would publish.
 * @param {string} dir
 * @returns {string[]}
 */
function packed(dir) {
  const { status, stdout, stderr } = spawnSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: dir,
    encoding: 'utf8',
    // npm is a .cmd file on Windows, which only a shell starts.
    shell: process.platform === 'win32',
  });
  if (status !== 0) throw new Error(stderr);
  const [pack] = JSON.parse(stdout);
  return pack.files.map((/** @type {{ path: string }} */ file) => file.path);
}

/** Everything that is wrong, as sentences. */
function problems() {
  /** @type {string[]} */
  const found = [];
  const { version } = readJson(join(root, 'package.json'));
  const crate = /^version = "(.*)"$/m.exec(readFileSync(join(root, 'Cargo.toml'), 'utf8'))?.[1];
  if (crate !== version) found.push(`Cargo.toml has version ${crate}, package.json ${version}`);

  for (const { dir, manifest } of platforms()) {
    if (manifest.version !== version) found.push(`${manifest.name} has version ${manifest.version}, package.json ${version}`);
    const expected = ['README.md', manifest.main, 'package.json'].sort().join(' ');
    const actual = packed(dir).sort().join(' ');
    if (actual !== expected) found.push(`${manifest.name} would contain ${actual}; expected ${expected}`);
  }

  const files = packed(root);
  for (const file of REQUIRED) if (!files.includes(file)) found.push(`leakscan would lack ${file}`);
  for (const file of files) if (UNWANTED.test(file)) found.push(`leakscan would contain ${file}`);
  return found;
}

const [command, artifacts] = process.argv.slice(2);
if (command === 'assemble' && artifacts) {
  assemble(artifacts);
} else if (command === 'check') {
  const found = problems();
  for (const problem of found) console.error(problem);
  process.exitCode = found.length === 0 ? 0 : 1;
} else {
  console.error('usage: release.mjs assemble DIRECTORY | check');
  process.exitCode = 2;
}
