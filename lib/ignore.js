// @ts-check
'use strict';

const native = require('../native.js');
const { LeakscanArgumentError } = require('./errors.js');
const { shown } = require('./options.js');

/**
 * Rules for growth that is known and accepted: objects, or lines as in an ignore file.
 * @typedef {{ signature?: string, cause?: string, className?: string, path?: string }} IgnoreRule
 */

/** The words of a line, and the fields they stand for. @type {Record<string, keyof IgnoreRule>} */
const WORDS = { signature: 'signature', cause: 'cause', class: 'className', path: 'path' };
const FIELDS = Object.values(WORDS);
const FORM = 'signature:…, cause:…, class:… or path:…';

/** @param {string} place what a message calls the rule @param {string} expected @param {unknown} found */
function refuse(place, expected, found) {
  return new LeakscanArgumentError(`expected ${place} to ${expected}, found ${shown(found)}`);
}

/** @param {IgnoreRule} rule @param {string} place */
function checkRule(rule, place) {
  for (const [field, value] of Object.entries(rule)) {
    if (!FIELDS.includes(/** @type {any} */ (field))) {
      throw refuse(place, `have only the fields ${FIELDS.join(', ')}`, field);
    }
    if (value !== undefined && (typeof value !== 'string' || value === '')) {
      throw refuse(place, `have a text as its \`${field}\``, value);
    }
  }
  const { signature, cause } = rule;
  if (FIELDS.every((field) => rule[field] === undefined)) throw refuse(place, `have one of the fields ${FIELDS.join(', ')}`, rule);
  if (signature !== undefined && !/^[0-9a-f]{16}$/.test(signature)) {
    throw refuse(place, 'have a signature of 16 hexadecimal digits', signature);
  }
  const causes = native.causes();
  if (cause !== undefined && !causes.includes(cause)) throw refuse(place, `have a cause (${causes.join(', ')})`, cause);
  return rule;
}

/** @param {string} line @param {string} place @returns {IgnoreRule} */
function parseLine(line, place) {
  const at = line.indexOf(':');
  const field = at === -1 ? undefined : WORDS[line.slice(0, at).trim()];
  if (field === undefined) throw refuse(place, `be ${FORM}`, line);
  return checkRule({ [field]: line.slice(at + 1).trim() }, place);
}

/**
 * The rules of an ignore file: one a line, empty lines and lines that begin with `#` aside; see `index.d.ts`.
 * @param {string} text
 * @returns {IgnoreRule[]}
 */
function parseIgnore(text) {
  if (typeof text !== 'string') throw new LeakscanArgumentError(`expected \`text\` to be a string, found ${shown(text)}`);
  const rules = [];
  for (const [at, line] of text.replace(/^\ufeff/, '').split(/\r\n?|\n/).entries()) {
    // What follows a `#` after a space is a comment too; signatures, causes and classes hold none.
    const rule = line.replace(/(^|\s)#.*$/, '').trim();
    // What test files may leave behind is for `leakscan/…/check` to know.
    if (rule !== '' && !/^left\s*:/.test(rule)) rules.push(parseLine(rule, `line ${at + 1} of the ignore rules`));
  }
  return rules;
}

/**
 * The rules of an option, each an object or a line.
 * @param {unknown[] | undefined} rules
 */
function ignoreRules(rules = []) {
  return rules.map((rule, at) => {
    const place = `\`ignore[${at}]\``;
    if (typeof rule === 'string') return parseLine(rule.trim(), place);
    if (typeof rule !== 'object' || rule === null || Array.isArray(rule)) throw refuse(place, `be an object, or ${FORM}`, rule);
    return checkRule(/** @type {IgnoreRule} */ (rule), place);
  });
}

module.exports = { ignoreRules, parseIgnore };
