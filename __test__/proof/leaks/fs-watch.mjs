// Leaks handles or listeners, 1 per round.
// The settings of every tenant are watched, again with every request.

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import load from '../load.cjs';

const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'leakscan-settings-'));
process.on('exit', () => fs.rmSync(directory, { recursive: true }));

class Settings {
  constructor(tenant) {
    this.values = { tenant, text: load.text(tenant) };
    fs.watch(directory, { persistent: false }, () => this.reload()); // leak
  }

  reload() {
    this.values.at = Date.now();
  }
}

export const round = async (number) => new Settings(number).values.text.length;
