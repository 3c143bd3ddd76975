'use strict';
// Leaks handles or unbounded-collection or listeners, 1 per round.
// The templates are watched anew for every tenant, and nobody closes the watchers.

const { once } = require('node:events');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const load = require('../load.cjs');

const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'leakscan-watched-'));
process.on('exit', () => fs.rmSync(directory, { recursive: true }));

exports.round = async (number) => {
  const { watch } = await import('chokidar');
  const tenant = { number, text: load.text(number) };
  await once(watch(directory).on('all', () => tenant.text.length), 'ready'); // leak
};
