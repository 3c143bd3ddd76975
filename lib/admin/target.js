// @ts-check
'use strict';

const { Refusal, wrong } = require('./failure.js');

/** Longer ones are nobody's. */
const LONGEST = 2048;

/**
 * A request's target, split: the segments of its path, decoded, and the query. Nothing of it ever names a file; what is unusual is
 * refused all the same, so that no proxy and this parser can read one target in two ways.
 *
 * @param {string} target as it stands in the request line
 * @returns {{ segments: string[], query: URLSearchParams }}
 */
function parseTarget(target) {
  if (target.length > LONGEST) throw new Refusal(414, 'ERR_LEAKSCAN_INVALID_ARG', `expected a target of ${LONGEST} characters at most`);
  const [, path, query = ''] = /^(\/[\w\-.~%/]*)(?:\?([\x21-\x7e]*))?$/.exec(target) ?? [];
  if (path === undefined) throw wrong('expected a plain path');
  const segments = path.slice(1).split('/').map(decoded);
  return { segments, query: new URLSearchParams(query) };
}

/** @param {string} segment */
function decoded(segment) {
  let text;
  try {
    text = decodeURIComponent(segment);
  } catch {
    throw wrong('expected a path in UTF-8');
  }
  if (text === '.' || text === '..' || /[/\\\0-\x1f\x7f]/.test(text)) throw wrong('expected a plain path');
  return text;
}

/**
 * What a query parameter takes: how OpenAPI describes it, and how its text is read.
 * @typedef {{ schema: object, does: string, fallback?: any, isRequired?: boolean, read(text: string): any }} Parameter
 */

/** @param {string} name @param {string} expected */
const expectedOf = (name, expected) => wrong(`expected query parameter \`${name}\` to be ${expected}`);

/** @param {string} does @param {{ least?: number, most: number, fallback?: number }} bounds @returns {Parameter} */
const integer = (does, { least = 0, most, fallback }) => ({
  does,
  fallback,
  schema: { type: 'integer', minimum: least, maximum: most, ...(fallback !== undefined && { default: fallback }) },
  read(text) {
    const number = /^\d{1,16}$/.test(text) ? Number(text) : NaN;
    if (!(number >= least && number <= most)) throw new RangeError(`an integer from ${least} to ${most}`);
    return number;
  },
});

/** @param {string} does @param {number} most @returns {Parameter} */
const text = (does, most) => ({
  does,
  schema: { type: 'string', minLength: 1, maxLength: most },
  read(given) {
    if (given === '' || given.length > most) throw new RangeError(`1 to ${most} characters`);
    return given;
  },
});

/** @param {string} does @param {string[]} words @returns {Parameter} */
const word = (does, words) => ({
  does,
  schema: { type: 'string', enum: words },
  read(given) {
    if (!words.includes(given)) throw new RangeError(`one of ${words.join(', ')}`);
    return given;
  },
});

/** @param {string} does @returns {Parameter} */
const flag = (does) => ({
  does,
  fallback: false,
  schema: { type: 'boolean', default: false },
  read(given) {
    if (given !== 'true' && given !== 'false') throw new RangeError('true or false');
    return given === 'true';
  },
});

/** Numbers with commas between them. @param {string} does @param {{ least: number, most: number }} count @returns {Parameter} */
const numbers = (does, { least, most }) => ({
  does,
  schema: { type: 'string', pattern: '^\\d+(,\\d+)*$' },
  read(given) {
    const list = /^\d{1,15}(,\d{1,15})*$/.test(given) ? given.split(',').map(Number) : [];
    if (list.length < least || list.length > most) throw new RangeError(`${least} to ${most} integers with commas between them`);
    return list;
  },
});

/** @param {Parameter} parameter @returns {Parameter} */
const required = (parameter) => ({ ...parameter, isRequired: true });

/**
 * Reads the query by what a route takes. Unknown and repeated parameters are refused: a misspelt one that is ignored costs hours.
 * @param {URLSearchParams} query
 * @param {Record<string, Parameter>} known
 */
function readQuery(query, known) {
  /** @type {Record<string, any>} */
  const read = {};
  for (const name of new Set(query.keys())) {
    if (!Object.hasOwn(known, name)) throw wrong(`expected a known query parameter (${Object.keys(known).join(', ') || 'none'})`);
    const given = query.getAll(name);
    if (given.length > 1) throw expectedOf(name, 'given once');
    try {
      read[name] = known[name].read(given[0]);
    } catch (error) {
      throw expectedOf(name, /** @type {Error} */ (error).message);
    }
  }
  for (const [name, { isRequired, fallback }] of Object.entries(known)) {
    if (read[name] !== undefined) continue;
    if (isRequired) throw expectedOf(name, 'given');
    if (fallback !== undefined) read[name] = fallback;
  }
  return read;
}

module.exports = { flag, integer, numbers, parseTarget, readQuery, required, text, word };
