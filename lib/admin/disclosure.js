// @ts-check
'use strict';

/**
 * The API's answers without the program's data, by the rules of `src/analysis/disclosure.rs`: strings are told by their length, and
 * property names that look like data are `[key]`. With `strings: 'preview'` strings show their beginning; keys never show.
 */

const { createHmac, randomBytes } = require('node:crypto');
const native = require('../../native.js');
const { wrong } = require('./failure.js');

const PREVIEW_LENGTH = 80;
/** V8 cuts strings at this length. */
const CUT_AT = 1024;
/** Longer class names are nobody's. */
const LONGEST_CLASS_NAME = 192;
/** How the keys of classes begin whose names hold data. */
const HIDDEN = '~';

/** What the program's own strings are, by V8's node type. */
const STRINGS = new Set(['string', 'concatenated string', 'sliced string']);
/** Ends a search, where strings would only take the places of what is told. */
const NO_STRINGS = [...STRINGS].map((type) => ` not type:"${type}"`).join('');

/** Names that were asked for already: the same few come in every row. @type {Map<string, string>} */
const known = new Map();
const MOST_KNOWN = 10_000;

/** @param {string} name */
function propertyName(name) {
  let shown = known.get(name);
  if (shown === undefined) {
    [shown] = native.shownNames([name.toWellFormed()]);
    if (known.size >= MOST_KNOWN) known.clear();
    known.set(name, shown ?? '[key]');
  }
  return shown ?? '[key]';
}

/** @param {string} name */
function className(name) {
  if (name.startsWith('{') && name.endsWith('}')) return `{${name.slice(1, -1).split(', ').map(propertyName).join(', ')}}`;
  return name.length > LONGEST_CLASS_NAME ? '[key]' : name;
}

/**
 * What a search goes by: what nodes are called, keys that are data (which no answer tells), or neither.
 * @param {{ name?: string, where?: string }} search
 * @returns {'names' | 'keys' | 'neither'}
 */
function searchedBy({ name, where = '' }) {
  const terms = wordsOf(where).map((word) => /^([a-z-]+)[:~]([^]*)$/.exec(word) ?? []);
  if (terms.some(([, field, text]) => field === 'listener-of' && propertyName(text) !== text)) return 'keys';
  return name !== undefined || terms.some(([, field]) => field === 'name' || field === 'class') ? 'names' : 'neither';
}

/** The words of a search, as `src/analysis/query/parse.rs` reads them. @param {string} where */
function wordsOf(where) {
  // What is white space to one reader and not to another would make other words.
  if (!/^[\x20-\x7e]*$/.test(where)) throw wrong('expected a search of printable ASCII characters');
  return (where.match(/(?:[^\s"]|"[^"]*")+/g) ?? []).map((word) => word.replaceAll('"', ''));
}

/** @param {string} text */
const preview = (text) => JSON.stringify(text.length > PREVIEW_LENGTH ? `${text.slice(0, PREVIEW_LENGTH)}…` : text);

class Disclosure {
  #shows;
  #key = randomBytes(32);

  /** @param {'none' | 'preview'} strings */
  constructor(strings) {
    this.#shows = strings === 'preview';
  }

  /** @param {string} text */
  string(text) {
    if (this.#shows) return preview(text);
    return text.length < CUT_AT ? `string, ${text.length} char${text.length === 1 ? '' : 's'}` : `string, ${CUT_AT} chars or more`;
  }

  /** @param {string} name @param {string} type */
  #nodeName(name, type) {
    if (STRINGS.has(type)) return type === 'string' || this.#shows ? this.string(name) : type;
    return className(name);
  }

  /** A class's key; one that holds data becomes another that only {@link isKey} knows. @param {string} key @param {string} name */
  classKey(key, name) {
    return className(name) === name ? key : HIDDEN + createHmac('sha256', this.#key).update(key).digest('base64url').slice(0, 22);
  }

  /** Whether a key that was given out is this class's. @param {string} given @param {{ key: string, name: string }} row */
  isKey(given, { key, name }) {
    return given === key || (given.startsWith(HIDDEN) && given === this.classKey(key, name));
  }

  /** Whether what a node is called is told as it is: only such nodes may be found by it. @param {any} node @param {any} shown as {@link node} makes it */
  hidesNothing(node, shown) {
    if (STRINGS.has(node.type)) return this.#shows;
    return shown.name === node.name && shown.className === node.className && shown.classKey === node.classKey;
  }

  /** A class row, or a row of a comparison. @template {{ key: string, name: string }} T @param {T} row @returns {T} */
  classRow(row) {
    return { ...row, key: this.classKey(row.key, row.name), name: className(row.name) };
  }

  /** @param {any} node */
  node(node) {
    return {
      ...node,
      name: this.#nodeName(node.name, node.type),
      className: className(node.className),
      classKey: this.classKey(node.classKey, node.className),
    };
  }

  /** @param {any} edge */
  edge({ name, type, node }) {
    return { name: edgeName(name, type), type, node: this.node(node) };
  }

  /** @param {any} row of duplicate strings */
  duplicate(row) {
    return { ...row, value: this.string(row.value) };
  }

  /** @param {any} value a diff's JSON */
  diff({ classes, owners, paths, ...totals }) {
    return {
      ...totals,
      classes: classes.map((/** @type {any} */ row) => this.classRow(row)),
      owners: owners.map((/** @type {any} */ row) => ({ ...row, name: className(row.name), className: className(row.className) })),
      paths: paths.map((/** @type {any} */ row) => ({ ...row, path: row.path.map(className) })),
    };
  }
}

/** @param {string | number} name @param {string} type */
function edgeName(name, type) {
  if (typeof name === 'number' || type === 'context') return name;
  // V8 names entries of WeakMaps by their key and value.
  if (type === 'internal') return name.includes(' -> value ') ? 'WeakMap entry' : name;
  return propertyName(name);
}

module.exports = { Disclosure, NO_STRINGS, propertyName, searchedBy };
