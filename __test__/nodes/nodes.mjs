// The Node.js lines leakscan supports, as binaries that npm brought (see package.json beside this file).

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const modules = fileURLToPath(new URL('node_modules', import.meta.url));
const platform = `${process.platform}-${process.arch}`;

/**
 * Every supported Node.js line on this platform, oldest first.
 * @returns {{ line: number, version: string, path: string }[]}
 */
export function nodes() {
  const found = (existsSync(modules) ? readdirSync(modules) : [])
    .map((directory) => /^node(\d+)-(.+)$/.exec(directory))
    .filter((match) => match?.[2] === platform)
    .map(([directory, line]) => ({
      line: Number(line),
      version: JSON.parse(readFileSync(path.join(modules, directory, 'package.json'), 'utf8')).version,
      path: path.join(modules, directory, 'bin', process.platform === 'win32' ? 'node.exe' : 'node'),
    }))
    .sort((a, b) => a.line - b.line);
  if (found.length === 0)
    throw new Error(`no Node.js binaries for ${platform} in ${modules}: run \`node __test__/setup.mjs\``);
  return found;
}
