// @ts-check
'use strict';

const { writeFileSync } = require('node:fs');
const path = require('node:path');
const native = require('../../native.js');
const { now, write } = require('../questions.js');

/** @param {unknown} value */
const document = (value) => `${JSON.stringify(value, null, 2)}\n`;

/** @param {unknown[]} values */
const documents = (values) => values.map((value) => `${JSON.stringify(value)}\n`).join('');

/**
 * A column of a list: title, what it holds (`Kind` of `src/report/rows.rs`), and where it stands in an entry.
 * @typedef {[title: string, kind: string, of: (entry: any) => unknown]} Column
 */

/**
 * A list as a table.
 * @param {import('./line.js').Line} line
 * @param {Column[]} columns
 * @param {any[]} entries
 * @returns {string}
 */
function table(line, columns, entries) {
  // A column in which no entry has anything says nothing.
  const told = columns.filter(([, , of]) => entries.some((entry) => (of(entry) ?? null) !== null));
  const rows = {
    columns: told.map(([title, kind]) => ({ title, kind })),
    rows: entries.map((entry) => told.map(([, , of]) => of(entry) ?? null)),
  };
  return now(() => native.table(write(rows), JSON.stringify(line.style)));
}

/**
 * Prints a list as the flags say. A window that is full says so: there may be more.
 * @param {import('./line.js').Line} line
 * @param {any[]} entries
 * @param {Column[]} columns
 * @param {string} [nothing] what is said of an empty list
 */
async function printList(line, entries, columns, nothing = 'Nothing.') {
  if (line.flags.json) return line.print(document(entries));
  if (line.flags.ndjson) return line.print(documents(entries));
  if (entries.length === 0) return line.print(`${nothing}\n`);
  const { limit, offset = 0 } = line.window;
  const full = entries.length === limit ? `… from ${offset + 1} to ${offset + limit}; --limit and --offset show more\n` : '';
  return line.print(table(line, columns, entries) + full);
}

/**
 * Writes the page that `--html` asks for: all its views, as far as a file goes.
 * @param {import('./line.js').Line} line
 * @param {import('../snapshot.js').Snapshot[]} snapshots
 * @param {{ toJSON(): object }} [summary] made with the line's own flags
 */
async function writePage({ flags, args }, snapshots, summary) {
  if (flags.html === undefined) return;
  const { keptPage } = require('../admin/embed.js');
  const names = args.map((name) => (name === '-' ? 'stdin' : path.basename(name)));
  writeFileSync(flags.html, await keptPage({ snapshots, names, summary: summary?.toJSON(), strings: flags.strings ? 'preview' : 'none' }));
}

/**
 * Prints an answer as the flags say.
 * @param {import('./line.js').Line} line
 * @param {{ toString(style?: object): string }} answer
 * @param {unknown[]} entries what `--ndjson` prints a line of each
 */
async function printAnswer(line, answer, entries) {
  const style = { ...line.style, limit: line.command === 'summary' ? undefined : line.flags.limit };
  if (line.flags.json) return line.print(document(answer));
  if (line.flags.ndjson) return line.print(documents(entries));
  return line.print(answer.toString({ ...style, format: line.flags.md ? 'markdown' : 'text' }));
}

module.exports = { document, printAnswer, printList, table, writePage };
