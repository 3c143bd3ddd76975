// @ts-check
'use strict';

const { appendFileSync, existsSync, readFileSync, writeFileSync } = require('node:fs');
const path = require('node:path');

/**
 * The file of what is known and accepted, with rules for leak summaries and, after `left:`, for what test files leave behind. What
 * the rules mean, `ignore.js` and `assert/check.js` know.
 */

const FILE = '.leakscanignore';

/** That of this directory or the nearest above it; where there is none, it would be made here. */
function nearestFile() {
  for (let directory = process.cwd(); ; directory = path.dirname(directory)) {
    const file = path.join(directory, FILE);
    if (existsSync(file)) return file;
    if (path.dirname(directory) === directory) return path.resolve(FILE);
  }
}

/** Its text, empty where it is not there. @param {string} file */
const textOf = (file) => (existsSync(file) ? readFileSync(file, 'utf8') : '');

/** Adds lines of their own. @param {string} file @param {Iterable<string>} lines */
function append(file, lines) {
  const text = textOf(file);
  const gap = text === '' || text.endsWith('\n') ? '' : '\n';
  appendFileSync(file, `${gap}${[...lines].map((line) => `${line}\n`).join('')}`);
}

/** Of rules that test files have written at once, the first stays. @param {string} file */
function withoutRepeats(file) {
  const text = textOf(file);
  const rules = new Set();
  const isRepeat = (/** @type {string} */ line) => line.startsWith('left:') && rules.size === rules.add(line).size;
  const unique = text.split('\n').filter((line) => !isRepeat(line)).join('\n');
  if (unique !== text) writeFileSync(file, unique);
}

module.exports = { FILE, append, nearestFile, textOf, withoutRepeats };
