// Chromium for the tests of the page: Debian's package, by PATH or CHROMIUM_PATH, driven by playwright-core, which brings none.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
/** Where other systems have it. */
const PLACES = ['/Applications/Google Chrome.app/Contents/MacOS/Google Chrome', 'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe'];

/** The file of Chromium, if there is one. */
export function findChromium() {
  const given = process.env.CHROMIUM_PATH;
  if (given) return existsSync(given) ? given : undefined;
  const directories = (process.env.PATH ?? '').split(path.delimiter);
  return [...NAMES.flatMap((name) => directories.map((directory) => path.join(directory, name))), ...PLACES].find(existsSync);
}

/** Installs it where nobody needs to be asked: as root of a Debian. Else says what to do. */
export function installChromium() {
  if (findChromium()) return;
  const isRoot = process.getuid?.() === 0;
  if (!isRoot || spawnSync('apt-get', ['--version']).status !== 0) {
    throw new Error('the tests of the page need Chromium: install it (Debian: apt-get install chromium), or name it in CHROMIUM_PATH');
  }
  console.error('installing chromium');
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const install = () => spawnSync('apt-get', ['install', '--yes', '--no-install-recommends', 'chromium'], { stdio: ['ignore', 'ignore', 'inherit'], env }).status;
  // Lists of packages may be missing, or too old.
  if (install() !== 0) {
    spawnSync('apt-get', ['update'], { stdio: ['ignore', 'ignore', 'inherit'], env });
    install();
  }
  if (!findChromium()) throw new Error('Chromium could not be installed with apt-get: install it, or name it in CHROMIUM_PATH');
}

export async function launch() {
  const executablePath = findChromium();
  if (!executablePath) throw new Error('there is no Chromium; `node __test__/setup.mjs` installs it');
  const { chromium } = createRequire(import.meta.url)('playwright-core');
  // Containers seldom let a process make namespaces; what is shown here is our own.
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
}
