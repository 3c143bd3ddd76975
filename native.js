// @ts-check
'use strict';

/**
 * Finds the native binary: the local build first, then the platform's package, else `ERR_LEAKSCAN_BINARY`.
 */

const { LeakscanError } = require('./lib/errors.js');

/** The name of the binary for this platform, such as `linux-x64-gnu`. */
function target() {
  const { platform, arch } = process;
  if (platform === 'linux') return `linux-${arch}-${isMusl() ? 'musl' : 'gnu'}`;
  return platform === 'win32' ? `win32-${arch}-msvc` : `${platform}-${arch}`;
}

/** Node's own report names the C library that it was linked against. */
function isMusl() {
  const report = /** @type {any} */ (process.report);
  const excludesNetwork = report.excludeNetwork;
  // Without this the report looks up the names of all open connections, which can take seconds.
  report.excludeNetwork = true;
  try {
    return !report.getReport().header.glibcVersionRuntime;
  } finally {
    report.excludeNetwork = excludesNetwork;
  }
}

function load() {
  const name = target();
  const failures = [];
  for (const candidate of [`./leakscan.${name}.node`, `@leakscan/binding-${name}`]) {
    try {
      return require(candidate);
    } catch (error) {
      failures.push(/** @type {Error & { code?: string }} */ (error));
    }
  }
  // A binary that is there but does not load tells more than one that is missing.
  const cause = failures.find((failure) => failure.code !== 'MODULE_NOT_FOUND') ?? failures[0];
  throw new LeakscanError(
    'ERR_LEAKSCAN_BINARY',
    `no native binary for ${name} could be loaded (${cause.message.split('\n')[0]}). ` +
      `Install it with \`npm install @leakscan/binding-${name}\` (check that optional dependencies are not omitted), ` +
      'or, in a checkout, build it with `npm install` (needs Rust: https://rustup.rs).',
    { cause },
  );
}

module.exports = load();
