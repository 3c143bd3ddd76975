// Bundles the part of DevTools that computes what the Memory panel shows into dist/ (not in git; the code stays in npm's package).

import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));

/** Builds dist/devtools.mjs unless it is there already, made from these inputs. */
export async function build() {
  const inputs = ['build.mjs', 'entry.ts', 'package-lock.json'].map((file) => readFileSync(path.join(here, file)));
  const hash = inputs.reduce((hash, input) => hash.update(input), createHash('sha256')).digest('hex');
  const output = path.join(here, 'dist', 'devtools.mjs');
  const stamp = path.join(here, 'dist', '.built');
  if (existsSync(output) && existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return;
  const esbuild = await import('esbuild');
  await esbuild.build({
    entryPoints: [path.join(here, 'entry.ts')],
    outfile: output,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    logLevel: 'warning',
    plugins: [untranslated],
  });
  writeFileSync(stamp, hash);
}

// The npm package lacks a generated file that DevTools' translations import. The heap code translates progress texts
// only, so its i18n module is replaced by one that answers every call with the text itself.
const untranslated = {
  name: 'untranslated',
  setup({ onLoad }) {
    onLoad({ filter: /[/\\]core[/\\]i18n[/\\]i18n\.[jt]s$/ }, () => ({
      loader: 'js',
      contents: `
        const text = (first) => String(first);
        export const i18n = new Proxy({}, { get: (_, name) => name === 'serializeUIString' ? text : () => text });`,
    }));
  },
};
