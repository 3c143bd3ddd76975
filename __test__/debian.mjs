// What the tests need of Debian, where nobody needs to be asked for it: as root of a Debian.

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };

export const isOurs = () => process.getuid?.() === 0 && spawnSync('apt-get', ['--version']).status === 0;

/** Runs apt-get; whether it worked. @param {string[]} args @param {string} [cwd] */
function apt(args, cwd) {
  const run = (/** @type {string[]} */ of) => spawnSync('apt-get', of, { stdio: ['ignore', 'ignore', 'inherit'], env, cwd }).status === 0;
  // Lists of packages may be missing, or too old.
  return run(args) || (run(['update']) && run(args));
}

/** Installs a package. @param {string} name */
export function install(name) {
  console.error(`installing ${name}`);
  return apt(['install', '--yes', '--no-install-recommends', name]);
}

/**
 * Takes one program out of a package, and leaves the rest: no service starts.
 * @param {string} name of the package
 * @param {string} program its path in the package
 * @param {string} target where it goes
 */
export function takeOut(name, program, target) {
  console.error(`unpacking ${path.basename(program)} of ${name}`);
  // Beside the target, which a rename reaches.
  mkdirSync(path.dirname(target), { recursive: true });
  const inside = mkdtempSync(path.join(path.dirname(target), 'unpacked-'));
  const directory = mkdtempSync(path.join(tmpdir(), 'leakscan-package-'));
  try {
    // apt's own user cannot write here, and says so; root can.
    if (!apt(['-o', 'APT::Sandbox::User=root', 'download', name], directory)) return false;
    if (spawnSync('sh', ['-c', 'dpkg-deb --extract *.deb "$0"', inside], { cwd: directory, stdio: 'inherit' }).status !== 0) return false;
    renameSync(path.join(inside, program), target);
    return true;
  } finally {
    for (const made of [inside, directory]) rmSync(made, { recursive: true, force: true });
  }
}
