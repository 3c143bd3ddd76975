// @ts-check
'use strict';

const { inspect } = require('node:util');
const { LeakscanArgumentError } = require('./errors.js');

/**
 * What an option may be: a check, and the words for it.
 * @typedef {{ expected: string, test(value: any): boolean }} Kind
 */

/** @type {Record<string, Kind>} */
const KINDS = {
  boolean: { expected: 'a boolean', test: (value) => typeof value === 'boolean' },
  string: { expected: 'a string', test: (value) => typeof value === 'string' },
  function: { expected: 'a function', test: (value) => typeof value === 'function' },
  count: { expected: 'a non-negative integer', test: (value) => Number.isSafeInteger(value) && value >= 0 },
  positive: { expected: 'a positive integer', test: (value) => Number.isSafeInteger(value) && value > 0 },
  path: {
    expected: 'a path or a file: URL',
    test: (value) => (typeof value === 'string' && value !== '') || value?.protocol === 'file:',
  },
  size: { expected: 'a non-negative number', test: (value) => typeof value === 'number' && value >= 0 },
  sourceMaps: {
    expected: 'a boolean, a directory or a list of directories',
    test: (value) =>
      typeof value === 'boolean' || [value].flat().every((directory) => typeof directory === 'string' && directory !== ''),
  },
  signal: {
    expected: 'an AbortSignal',
    // By shape: signals of another realm are signals too.
    test: (value) => typeof value?.aborted === 'boolean' && typeof value?.addEventListener === 'function',
  },
};

/** Rounds of the same work: as many between any two neighbours, or a list. @type {Kind} */
const ROUNDS = {
  expected: 'a positive integer, or a list of them',
  test: (value) => [value].flat().length > 0 && [value].flat().every((rounds) => Number.isInteger(rounds) && rounds > 0 && rounds < 2 ** 32),
};

/** @param {...string} words @returns {Kind} */
function oneOf(...words) {
  return { expected: `one of ${words.map((word) => `'${word}'`).join(', ')}`, test: (value) => words.includes(value) };
}

/** @param {unknown} value */
function shown(value) {
  const text = inspect(value, { depth: 0, breakLength: Infinity });
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/**
 * Checks options against what a function knows. Options that are `undefined` are as good as absent; unknown ones are
 * refused, because a misspelt option that is silently ignored costs hours.
 *
 * @template {Record<string, Kind>} K
 * @param {unknown} options
 * @param {K} known
 * @returns {{ [name in keyof K]?: any }}
 */
function checkOptions(options, known) {
  if (options === undefined) return {};
  if (typeof options !== 'object' || options === null) {
    throw new LeakscanArgumentError(`expected options to be an object, found ${shown(options)}`);
  }
  /** @type {any} */
  const checked = {};
  for (const [name, value] of Object.entries(options)) {
    const kind = known[name];
    if (kind === undefined) {
      const names = Object.keys(known).join(', ') || 'none';
      throw new LeakscanArgumentError(`expected a known option (${names}), found \`${name}\``);
    }
    if (value === undefined) continue;
    if (!kind.test(value)) {
      throw new LeakscanArgumentError(`expected option \`${name}\` to be ${kind.expected}, found ${shown(value)}`);
    }
    checked[name] = value;
  }
  return checked;
}

/**
 * Checks one argument.
 * @param {string} name
 * @param {Kind} kind
 * @param {any} value
 */
function checkArgument(name, kind, value) {
  if (!kind.test(value)) {
    throw new LeakscanArgumentError(`expected \`${name}\` to be ${kind.expected}, found ${shown(value)}`);
  }
  return value;
}

/** Options of every function that works off the event loop. */
const ASYNC_OPTIONS = { signal: KINDS.signal, onProgress: KINDS.function };

/** Where the work is done: in this process, or in one of its own. */
const ISOLATE_OPTIONS = { isolate: oneOf('process') };

module.exports = { KINDS, ROUNDS, ASYNC_OPTIONS, ISOLATE_OPTIONS, oneOf, shown, checkOptions, checkArgument };
