// @ts-check
'use strict';

/**
 * A summary on a signal, for a service that nobody can reach otherwise: the first signal takes a snapshot, each later one
 * another and writes what leaked in between.
 */

const { mkdirSync, rmSync, writeFileSync } = require('node:fs');
const path = require('node:path');
const { ISOLATE_OPTIONS, KINDS, checkOptions } = require('../options.js');
const { capture } = require('./capture.js');

const OPTIONS = { signal: KINDS.string, dir: KINDS.string, onSummary: KINDS.function, onError: KINDS.function, force: KINDS.boolean, ...ISOLATE_OPTIONS };

/**
 * Writes a summary when a signal comes; see `index.d.ts`.
 * @param {object} [options]
 */
function onSignal(options) {
  const { signal = 'SIGUSR2', dir = '.', onSummary, onError, force, isolate } = checkOptions(options, OPTIONS);
  const directory = path.resolve(dir);
  let number = 0;
  /** @type {string | undefined} */
  let before;
  let isBusy = false;
  const write = async () => {
    // A signal during the work asks for nothing new.
    if (isBusy) return;
    isBusy = true;
    const base = path.join(directory, `leakscan-${process.pid}-${++number}`);
    try {
      mkdirSync(directory, { recursive: true, mode: 0o700 });
      const file = `${base}.heapsnapshot`;
      const snapshot = await capture({ saveTo: file, force, isolate });
      const { summarizeAsync } = require('../analyze.js');
      const summary = await summarizeAsync(before === undefined ? snapshot : [before, snapshot], { isolate });
      snapshot.dispose();
      writeFileSync(`${base}.txt`, String(summary), { mode: 0o600 });
      writeFileSync(`${base}.json`, JSON.stringify(summary), { mode: 0o600 });
      if (before !== undefined) rmSync(before, { force: true });
      before = file;
      onSummary?.(summary, { text: `${base}.txt`, json: `${base}.json` });
    } catch (error) {
      if (onError) onError(error);
      else process.emitWarning(/** @type {Error} */ (error));
    } finally {
      isBusy = false;
    }
  };
  process.on(/** @type {NodeJS.Signals} */ (signal), write);
  return {
    /** Stops listening, and removes the snapshot that waits for the next signal. */
    close() {
      process.off(signal, write);
      if (before !== undefined) rmSync(before, { force: true });
      before = undefined;
    },
  };
}

module.exports = { onSignal };
