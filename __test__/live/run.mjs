// Runs the programs of this directory under a Node.js line. They assert by themselves, and end by printing what is asked.

import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/**
 * What a program prints as its last line, as JSON. Rejects with everything it wrote when it fails.
 * @param {string} node
 * @param {string} program
 * @param {...string} args
 */
export function run(node, program, ...args) {
  const file = fileURLToPath(new URL(program, import.meta.url));
  return new Promise((resolve, reject) => {
    const child = spawn(node, [file, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '';
    let all = '';
    child.stdout.on('data', (chunk) => ((out += chunk), (all += chunk)));
    child.stderr.on('data', (chunk) => (all += chunk));
    child.on('error', reject);
    child.on('close', (code, signal) => {
      // A program whose promise never settles ends quietly.
      if (code !== 0 || out === '') return reject(new Error(`${program} ${args.join(' ')} ended with ${signal ?? code}:\n${all}`));
      resolve(JSON.parse(out.trim().split('\n').at(-1)));
    });
  });
}
