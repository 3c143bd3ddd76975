'use strict';
// A module that is loaded again and again, as for a configuration that shall be read anew; and the right ways to do it.

const { mkdtempSync, readFileSync, rmSync, writeFileSync } = require('node:fs');
const { tmpdir } = require('node:os');
const path = require('node:path');
const { run } = require('./rounds.cjs');

const id = require.resolve('./reload/rates.cjs');

function reload() {
  delete require.cache[id];
  return require(id).rate('EUR');
}

/** Forgotten at once: not even the last one is in the cache. */
function forget() {
  require(id).rate('EUR');
  delete require.cache[id];
}

/** The module that is loaded again brings modules of its own. */
function reloadTree() {
  const service = require.resolve('./reload/service.cjs');
  delete require.cache[id];
  delete require.cache[service];
  return require(service).price('EUR');
}

/** The parent forgets the old one too. */
function replace() {
  const old = require.cache[id];
  delete require.cache[id];
  if (old) module.children.splice(module.children.indexOf(old), 1);
  return require(id).rate('EUR');
}

/** Modules that are needed late, each a file of its own. */
const directory = mkdtempSync(path.join(tmpdir(), 'leakscan-modules-'));
process.on('exit', () => rmSync(directory, { recursive: true }));
const source = readFileSync(id, 'utf8');
function loadLate(number) {
  const file = path.join(directory, `rates${number}.cjs`);
  writeFileSync(file, source);
  return require(file).rate('EUR');
}

run({ reload, forget, reloadTree, replace, loadLate });
