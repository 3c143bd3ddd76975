// @ts-check
'use strict';

const { UsageError } = require('./failure.js');

/**
 * What a flag takes: the word that help shows for it, and how its text is read.
 * @typedef {{ word: string, read(text: string): any, choices?: string[] }} Kind
 * @typedef {{ short?: string, kind?: Kind, many?: boolean, does: string }} Flag
 */

/** @param {string} expected @param {string} text */
const wrong = (expected, text) => new UsageError(`expected ${expected}, found '${text}'`);

/** @param {string} word @param {number} least @returns {Kind} */
const integer = (word, least) => ({
  word,
  read(text) {
    const number = /^\d+$/.test(text) ? Number(text) : NaN;
    if (!Number.isSafeInteger(number) || number < least) throw wrong(`an integer from ${least} on`, text);
    return number;
  },
});

/** Rounds between two snapshots, or a list of them, one for each gap of a series. @type {Kind} */
const rounds = {
  word: 'N[,N…]',
  read(text) {
    const list = text.split(',').map(integer('N', 1).read);
    return list.length === 1 ? list[0] : list;
  },
};

/** @param {...string} choices @returns {Kind} */
const choice = (...choices) => ({
  word: choices.join('|'),
  choices,
  read(text) {
    if (!choices.includes(text)) throw wrong(`one of ${choices.join(', ')}`, text);
    return text;
  },
});

/** @type {Kind} */
const text = { word: 'TEXT', read: (given) => given };
/** @type {Kind} */
const file = { word: 'FILE', read: (given) => given };

/** A column, and what it holds in every row. @type {Kind} */
const label = {
  word: 'NAME=VALUE',
  read(given) {
    const [, name, value] = /^([a-z_][a-z0-9_]*)=(.*)$/is.exec(given) ?? [];
    if (name === undefined) throw wrong('NAME=VALUE', given);
    return [name, value];
  },
};

const UNITS = /** @type {Record<string, number>} */ ({ '': 1, B: 1, KB: 1e3, MB: 1e6, GB: 1e9, KIB: 2 ** 10, MIB: 2 ** 20, GIB: 2 ** 30 });

/**
 * `10MB`, `512 KiB` or bytes. Units are those of the reports: 1 kB is 1000 bytes.
 * @param {string} given
 */
function readSize(given) {
  const [, number, unit] = /^(\d+(?:\.\d+)?) ?([a-z]*)$/i.exec(given) ?? [];
  const factor = UNITS[unit?.toUpperCase()];
  if (factor === undefined) throw wrong('a size such as 10MB', given);
  return Math.round(Number(number) * factor);
}

/** @type {Kind} */
const size = { word: 'SIZE', read: readSize };

/**
 * When a summary makes the command end with 1.
 * @type {Kind}
 */
const rule = {
  word: 'leak|suspicious|bytes=SIZE|count=N|never',
  choices: ['leak', 'suspicious', 'bytes=', 'count=', 'never'],
  read(given) {
    const [name, value] = given.split('=', 2);
    if (value === undefined && ['leak', 'suspicious', 'never'].includes(name)) return { name };
    if (value !== undefined && name === 'bytes') return { name, least: readSize(value) };
    if (value !== undefined && name === 'count') return { name, least: integer('N', 1).read(value) };
    throw wrong('leak, suspicious, bytes=SIZE, count=N or never', given);
  },
};

/** How many entries a list has if nobody says. */
const LIMIT = 30;

/**
 * Every flag there is. A command names those it takes; parsing, help, completion and `docs/cli.md` come from here.
 * @satisfies {Record<string, Flag>}
 */
const FLAGS = {
  json: { does: "print the API's JSON" },
  ndjson: { does: 'print one JSON document a line, a line for each entry' },
  md: { does: 'print Markdown, for a comment of a pull request' },
  html: { kind: file, does: 'write a page with all views to FILE as well; it needs no network' },
  sarif: { does: 'print SARIF 2.1.0, for code scanning; partialFingerprints are the signatures' },
  junit: { does: 'print JUnit XML: a test case for each finding' },
  github: { does: 'print annotations of GitHub Actions after the text, and write the step summary' },
  rounds: { kind: rounds, does: 'rounds of the same work (requests, say) between two snapshots: gives growth by round. A list has one for each gap of a series' },
  ignore: { kind: file, many: true, does: 'rules for growth that is known and accepted, as in .leakscanignore; may be given several times' },
  unit: { kind: text, does: 'what a round is called; default: round' },
  'fail-on': {
    kind: rule,
    many: true,
    does: 'when to end with 1; may be given several times. SIZE and N are of one finding: what it grew by or, of a single snapshot, has. Default: leak',
  },
  strings: { does: "show beginnings of the heap's strings; without, only their lengths" },
  limit: { kind: integer('N', 0), does: `entries at most; default: ${LIMIT}` },
  findings: { kind: integer('N', 0), does: 'findings at most; default: 10' },
  rows: { kind: integer('N', 0), does: 'places at most; default: 20' },
  paths: { kind: integer('N', 0), does: 'ways at most; default: 5' },
  offset: { kind: integer('N', 0), does: 'entries to leave out at the start' },
  bytes: { does: 'sizes exactly, in bytes' },
  width: { kind: integer('COLUMNS', 40), does: "columns of the text; default: the terminal's, else 100" },
  strict: { does: 'take a file that ends too early for an error; without, what is there is shown, marked PARTIAL' },
  filter: { kind: text, does: 'only classes whose name contains this, in any case' },
  'allocated-after': { kind: file, does: 'only objects made after this snapshot of the same process' },
  'allocated-until': { kind: file, does: 'only objects that had been made when this snapshot of the same process was taken' },
  pid: { kind: integer('PID', 1), does: 'the process; its inspector is opened by SIGUSR1' },
  inspect: { kind: { ...text, word: 'HOST:PORT' }, does: 'an inspector that is open' },
  out: { short: 'o', kind: file, does: 'the file to write' },
  parquet: { kind: { ...file, word: 'DIR' }, does: 'write Parquet files into DIR' },
  csv: { kind: { ...file, word: 'DIR' }, does: 'write CSV files into DIR' },
  'ndjson-tables': { kind: { ...file, word: 'DIR' }, does: 'write NDJSON files into DIR' },
  label: { kind: label, many: true, does: 'a column of this name and value in every row, as the version of the service; may be given several times' },
  table: { kind: choice('nodes', 'edges', 'classes', 'findings'), many: true, does: 'only this table; may be given several times. Default: all' },
  run: { kind: { ...text, word: 'COMMAND' }, does: 'run this with LEAKSCAN_BASELINE=1' },
  'allow-remote': { does: "connect to another machine; an inspector's traffic is neither encrypted nor guarded" },
  force: { does: 'capture even if memory seems too short' },
  count: { kind: integer('N', 1), does: 'so many captures, to FILE, FILE.2 …; default: 1' },
  every: { kind: integer('SECONDS', 1), does: 'time between captures; default: 60' },
  summary: { does: 'then print the leak summary of what was captured' },
  salt: { kind: text, does: 'snapshots redacted with one salt can be compared; who knows it can test guesses. Default: random' },
  'sort-classes': { kind: choice('retainedSize', 'shallowSize', 'count', 'distance', 'name'), does: 'order; default: retainedSize' },
  'sort-nodes': { kind: choice('retainedSize', 'shallowSize', 'distance', 'id'), does: 'order; default: retainedSize' },
  'devtools-compat': { does: 'rows to the letter as DevTools makes them, with its lost groups' },
  'no-browser': { does: 'print the link, and open no browser' },
  port: { kind: integer('N', 0), does: 'the port to serve the page on; default: a free one' },
  help: { short: 'h', does: 'this text' },
  version: { short: 'V', does: 'the version' },
};

module.exports = { FLAGS, LIMIT, size, file };
