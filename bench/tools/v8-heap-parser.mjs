// @vscode/v8-heap-parser (Rust, as WebAssembly): `decode_bytes`, then all class groups by retained size, which makes it
// compute dominators and retained sizes.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const { decode_bytes, init_panic_hook } = createRequire(import.meta.url)('@vscode/v8-heap-parser');
init_panic_hook();

export const title = '@vscode/v8-heap-parser';

export function open(file) {
  const graph = decode_bytes(readFileSync(file));
  const groups = graph.get_class_groups(0, 2 ** 31, false);
  return { graph, groups, rows: groups.length };
}
