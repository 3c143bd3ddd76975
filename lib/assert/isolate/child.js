// @ts-check
'use strict';

/** The program of an isolated process (see `parent.js`): loads the work's module, asserts, answers, ends. */

const { LeakscanArgumentError } = require('../../errors.js');
const { assertNoLeak } = require('../no-leak.js');

/**
 * Functions that a module exports, by name; those of a CommonJS module too that V8 did not see coming.
 * @param {any} exports
 * @returns {Map<string, Function>}
 */
function functionsOf(exports) {
  const nested = exports.default !== null && typeof exports.default === 'object' ? exports.default : {};
  const all = [...Object.entries(nested), ...Object.entries(exports)];
  return new Map(all.filter(([, value]) => typeof value === 'function'));
}

/**
 * The work at a place. A function is known by its text; where the parent's was compiled (by Jest, Vitest), by its name.
 * @param {import('./parent.js').Place} place
 */
async function find({ module, exported, name, text }) {
  const functions = functionsOf(await import(module));
  const work =
    exported === undefined
      ? [...functions.values()].find((fn) => String(fn) === text) ?? functions.get(String(name))
      : functions.get(exported);
  if (work !== undefined) return /** @type {() => unknown} */ (work);
  const wanted = exported === undefined ? `the function ${name || '(without a name)'}` : `a function \`${exported}\``;
  const there = [...functions.keys()].join(', ') || 'none';
  throw new LeakscanArgumentError(
    `expected ${wanted} to be exported by ${module}, found ${there}; isolated work is a function that its module exports, or that module's URL`,
  );
}

/** @param {any} error */
function told(error) {
  const { code, message, name, stack, operator = 'assertNoLeak', summary, evidence } = Object(error);
  if (code === 'ERR_LEAKSCAN_LEAK') return { failure: { message, operator, evidence, summary: summary && JSON.stringify(summary) } };
  if (code === 'ERR_LEAKSCAN_INVALID_ARG') return { refused: message };
  const isError = typeof message === 'string';
  return { thrown: { code, message: isError ? message : String(error), name: isError ? name : 'Error', stack } };
}

/** Tells the parent when the work runs, which may be for too long. @param {() => unknown} work */
function watched(work) {
  return async () => {
    process.send?.({ round: 'begins' });
    await work();
    process.send?.({ round: 'ends' });
  };
}

process.once('message', async (/** @type {any} */ { place, options }) => {
  let answer;
  try {
    answer = { summary: JSON.stringify(await assertNoLeak(watched(await find(place)), options)) };
  } catch (error) {
    answer = told(error);
  }
  // The work may have left open what would keep the process.
  process.send?.(answer, () => process.exit());
});
process.on('disconnect', () => process.exit());
