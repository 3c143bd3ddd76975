// Chromium for the tests of the page: Debian's package, by PATH or CHROMIUM_PATH, driven by playwright-core, which brings none.

import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

import { install, isOurs } from '../debian.mjs';

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

/** Installs it where nobody needs to be asked. Else says what to do. */
export function installChromium() {
  if (findChromium()) return;
  if (!isOurs()) {
    throw new Error('the tests of the page need Chromium: install it (Debian: apt-get install chromium), or name it in CHROMIUM_PATH');
  }
  install('chromium');
  if (!findChromium()) throw new Error('Chromium could not be installed with apt-get: install it, or name it in CHROMIUM_PATH');
}

export async function launch() {
  const executablePath = findChromium();
  if (!executablePath) throw new Error('there is no Chromium; `node __test__/setup.mjs` installs it');
  const { chromium } = createRequire(import.meta.url)('playwright-core');
  // Containers seldom let a process make namespaces; what is shown here is our own.
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
}
