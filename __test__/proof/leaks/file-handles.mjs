// Leaks handles, 1 per round.
// Files are opened, read, and kept open by a list.

import { open } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const file = fileURLToPath(import.meta.url);
const opened = [];

export const round = async () => { // leak
  const handle = await open(file);
  await handle.read(Buffer.alloc(10), 0, 10, 0);
  opened.push(handle);
};
