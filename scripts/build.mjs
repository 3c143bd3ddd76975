#!/usr/bin/env node
// @ts-check
// Builds the addon and puts it where native.js looks first: leakscan.<triple>.node at the top of the checkout.
// Run by npm's `prepare`, so by `npm install` and `npm ci` in a checkout, never for somebody who installs the published
// package. Node's standard library only, because it runs before anything is installed.
//
// Cargo itself says where its result is, so CARGO_TARGET_DIR, CARGO_BUILD_TARGET and .cargo/config.toml all hold.

import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Rust target triples this package is released for, and the suffix of the addon's file name. */
const TRIPLES = {
  'x86_64-unknown-linux-gnu': 'linux-x64-gnu',
  'x86_64-unknown-linux-musl': 'linux-x64-musl',
  'aarch64-unknown-linux-gnu': 'linux-arm64-gnu',
  'aarch64-unknown-linux-musl': 'linux-arm64-musl',
  'x86_64-apple-darwin': 'darwin-x64',
  'aarch64-apple-darwin': 'darwin-arm64',
  'x86_64-pc-windows-msvc': 'win32-x64-msvc',
  'aarch64-pc-windows-msvc': 'win32-arm64-msvc',
};

/** The suffix for this very process, the same rule as in native.js. */
function hostTriple() {
  const { platform, arch } = process;
  if (platform === 'win32') return `${platform}-${arch}-msvc`;
  if (platform !== 'linux') return `${platform}-${arch}`;
  // Node's diagnostic report names the C library only when it is glibc.
  const report = /** @type {any} */ (process.report.getReport());
  return `${platform}-${arch}-${report.header.glibcVersionRuntime ? 'gnu' : 'musl'}`;
}

/** `cargo` of the PATH, else the one a fresh rustup has put under the home directory; undefined when there is none. */
function findCargo() {
  const inHome = join(process.env.CARGO_HOME ?? join(homedir(), '.cargo'), 'bin', 'cargo');
  return ['cargo', inHome].find((cargo) => spawnSync(cargo, ['--version'], { cwd: root }).status === 0);
}

function prebuiltLoads() {
  try {
    createRequire(import.meta.url)('../native.js');
    return true;
  } catch {
    return false;
  }
}

/**
 * Runs cargo and returns the path of the shared library it made.
 * @param {string} cargo
 * @returns {string | undefined} nothing when the build failed (cargo has then said why)
 */
function build(cargo) {
  const { status, stdout } = spawnSync(
    cargo,
    ['build', '--release', '--locked', '--message-format=json-render-diagnostics'],
    { cwd: root, stdio: ['ignore', 'pipe', 'inherit'], encoding: 'utf8', maxBuffer: 1 << 28 },
  );
  if (status !== 0) return undefined;
  return stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line))
    .filter((message) => message.reason === 'compiler-artifact' && message.target.name === 'leakscan')
    .flatMap((message) => message.filenames)
    .find((file) => /\.(so|dylib|dll)$/.test(file));
}

/**
 * Puts the library in place under a name of its own first and renames it then: nobody can load half a file, and a
 * process that runs the old one keeps it (writing into a mapped file would crash that process).
 * @param {string} library
 * @param {string} addon
 */
function install(library, addon) {
  const fresh = `${addon}.${process.pid}.new`;
  const old = `${addon}.old`;
  copyFileSync(library, fresh);
  // Windows neither overwrites nor deletes a loaded library, but lets it be renamed.
  if (process.platform === 'win32' && existsSync(addon)) renameSync(addon, old);
  renameSync(fresh, addon);
  try {
    rmSync(old, { force: true });
  } catch {
    // Still loaded by a running process; the next build removes it.
  }
}

function main() {
  const cargo = findCargo();
  if (cargo === undefined) {
    if (prebuiltLoads()) {
      console.error('leakscan: no Rust toolchain here; the prebuilt addon is used.');
      return 0;
    }
    console.error(
      [
        'leakscan: building the addon takes a Rust toolchain, and no `cargo` was found.',
        '  Linux, macOS:  curl --proto "=https" --tlsv1.2 -sSf https://sh.rustup.rs | sh',
        '  Windows:       https://rustup.rs (it also asks for the Visual Studio C++ build tools)',
        'Then open a new shell and run `npm install` again.',
      ].join('\n'),
    );
    return 1;
  }
  const library = build(cargo);
  if (library === undefined) {
    console.error('leakscan: the addon was not built; the reason stands above.');
    return 1;
  }
  const target = process.env.CARGO_BUILD_TARGET;
  const triple = target ? TRIPLES[/** @type {keyof typeof TRIPLES} */ (target)] : hostTriple();
  if (triple === undefined) {
    console.error(`leakscan: no addon name is known for the target ${target}; known: ${Object.keys(TRIPLES).join(', ')}.`);
    return 1;
  }
  const name = `leakscan.${triple}.node`;
  install(library, join(root, name));
  console.error(`leakscan: built ${name}`);
  return 0;
}

process.exitCode = main();
