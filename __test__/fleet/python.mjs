// A Python with what docs/fleet.md uses, in an environment of its own; made by setup.mjs where there is a python3.

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const environment = path.join(here, 'venv');
const requirements = path.join(here, 'requirements.txt');
const stamp = path.join(environment, '.installed');
const inside = process.platform === 'win32' ? path.join(environment, 'Scripts', 'python.exe') : path.join(environment, 'bin', 'python3');

/** The Python of the environment, if it was made. */
export const python = () => (existsSync(stamp) ? inside : undefined);

/** Makes it, unless it is there, or there is no python3. */
export function installPython() {
  const wanted = readFileSync(requirements, 'utf8');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  if (spawnSync('python3', ['--version']).status !== 0) return console.error('no python3: the queries of docs/fleet.md are not run');
  console.error('installing fleet');
  for (const [command, ...args] of [
    ['python3', '-m', 'venv', environment],
    [inside, '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--requirement', requirements],
  ]) {
    if (spawnSync(command, args, { stdio: ['ignore', 'ignore', 'inherit'] }).status !== 0) throw new Error(`${command} ${args.join(' ')} failed`);
  }
  writeFileSync(stamp, wanted);
}
