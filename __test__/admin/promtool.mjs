// Prometheus' own checker of metrics and rules, for the tests that ask it: of the PATH, else out of Debian's package.

import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { isOurs, takeOut } from '../debian.mjs';

const OURS = fileURLToPath(new URL('node_modules/.debian/promtool', import.meta.url));

/** The file of promtool, if there is one. */
export function findPromtool() {
  const directories = (process.env.PATH ?? '').split(path.delimiter);
  return [...directories.map((directory) => path.join(directory, 'promtool')), OURS].find(existsSync);
}

export function installPromtool() {
  if (!findPromtool() && isOurs() && !takeOut('prometheus', 'usr/bin/promtool', OURS)) {
    console.error('promtool could not be unpacked: its tests have nothing to ask');
  }
}
