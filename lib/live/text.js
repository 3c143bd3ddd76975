// @ts-check
'use strict';

/** Tables and figures for people, as the native side writes them. */

const native = require('../../native.js');

/** @param {number} number */
const grouped = (number) => number.toLocaleString('en');

/** @param {number} count @param {string} noun */
const counted = (count, noun) => `${grouped(count)} ${noun}${count === 1 ? '' : 's'}`;

/** @param {number | undefined} number */
const signed = (number) => (number === undefined ? '' : number > 0 ? `+${grouped(number)}` : grouped(number));

/** @param {string} text @param {number} most */
function shortened(text, most) {
  if (text.length <= most) return text;
  const tail = Math.floor((most - 1) / 3);
  return `${text.slice(0, most - 1 - tail)}…${text.slice(text.length - tail)}`;
}

/** `dist/home.js:14:5`. @param {{ url: string, line: number, column: number } | undefined} location */
function placeOf(location) {
  if (location === undefined) return '(built-in)';
  return `${native.shownUrl(location.url) || '(eval)'}:${location.line}:${location.column}`;
}

/**
 * Lines with fitted columns; a heading that starts with `>` stands at the right.
 * @param {string[]} headings
 * @param {string[][]} rows
 */
function table(headings, rows) {
  const right = headings.map((heading) => heading.startsWith('>'));
  const all = [headings.map((heading) => heading.replace(/^>/, '')), ...rows];
  const widths = headings.map((_, column) => Math.max(...all.map((row) => row[column].length)));
  const line = (/** @type {string[]} */ row) =>
    row.map((cell, column) => (right[column] ? cell.padStart(widths[column]) : cell.padEnd(widths[column]))).join('  ').trimEnd();
  return all.map((row) => `${line(row)}\n`).join('');
}

/** Duration in the greatest unit that it fills: `250 ms`, `1.5 s`, `10 min`, `24 h`. @param {number} ms */
function duration(ms) {
  for (const [unit, name] of /** @type {[number, string][]} */ ([[3_600_000, 'h'], [60_000, 'min'], [1000, 's']])) {
    if (ms >= unit) return `${Math.round((ms / unit) * 100) / 100} ${name}`;
  }
  return `${Math.round(ms)} ms`;
}

/** `1.5 MB`. @param {number} bytes */
function size(bytes) {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = Math.abs(bytes);
  let unit = 0;
  for (; value >= 999.5 && unit < units.length - 1; unit++) value /= 1000;
  const digits = unit === 0 || value >= 100 ? 0 : 1;
  return `${bytes < 0 ? '-' : ''}${value.toFixed(digits)} ${units[unit]}`;
}

/**
 * A value, and its text for whoever asks. Made here, because a closure keeps every variable of its scope that a sibling of its uses: an
 * audit must not keep the emitters that it counted.
 * @template T
 * @param {T} value
 * @param {(value: T) => string} textOf
 */
const worded = (value, textOf) => ({ value, text: () => textOf(value) });

module.exports = { counted, duration, grouped, placeOf, shortened, signed, size, table, worded };
