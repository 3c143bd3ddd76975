// @ts-check
'use strict';

const { parseArgs } = require('node:util');
const { COMMANDS, nameOnLine } = require('./commands.js');
const { UsageError } = require('./failure.js');
const { FLAGS } = require('./flags.js');

/** Flags of every command. */
const COMMON = ['help'];

/** What goes to the standard output in the place of the text: one of them. */
const FORMATS = ['json', 'ndjson', 'md', 'sarif', 'junit', 'github'];

/** @param {string} name */
const flag = (name) => /** @type {Record<string, import('./flags.js').Flag>} */ (FLAGS)[name];

/**
 * Reads a command's arguments and flags.
 *
 * @param {string} name
 * @param {string[]} given what stands after the command's name
 * @returns {{ args: string[], flags: Record<string, any> }}
 */
function parseLine(name, given) {
  const command = COMMANDS[name];
  const names = [...command.flags, ...COMMON];
  const options = Object.fromEntries(
    names.map((it) => {
      const { kind, short, many = false } = flag(it);
      return [nameOnLine(it), { type: kind ? 'string' : 'boolean', multiple: many, ...(short && { short }) }];
    }),
  );
  const { values, positionals } = tokens(name, given, /** @type {any} */ (options));
  /** @type {Record<string, any>} */
  const flags = {};
  for (const it of names) {
    const value = values[nameOnLine(it)];
    if (value === undefined) continue;
    const { kind } = flag(it);
    try {
      if (!kind) flags[nameOnLine(it)] = value;
      else flags[nameOnLine(it)] = Array.isArray(value) ? value.map(kind.read) : kind.read(value);
    } catch (error) {
      throw new UsageError(`--${nameOnLine(it)}: ${/** @type {Error} */ (error).message}`, name);
    }
  }
  if (!flags.help) checkCount(name, command, positionals);
  const formats = FORMATS.filter((format) => flags[format] === true);
  if (formats.length > 1) throw new UsageError(`expected one of ${formats.map((it) => `--${it}`).join(', ')}, found several`, name);
  return { args: positionals, flags };
}

/** @param {string} name @param {string[]} args @param {any} options @returns {{ values: Record<string, any>, positionals: string[] }} */
function tokens(name, args, options) {
  try {
    return parseArgs({ args, options, allowPositionals: true, strict: true });
  } catch (error) {
    const { code, message } = /** @type {Error & { code?: string }} */ (error);
    if (!code?.startsWith('ERR_PARSE_ARGS')) throw error;
    // The first sentence; what follows explains parseArgs.
    throw new UsageError(message.split(/\. |\n/)[0], name);
  }
}

/** @param {string} name @param {import('./commands.js').Command} command @param {string[]} args */
function checkCount(name, { count: [least, most], args: expected }, args) {
  if (args.length < least) throw new UsageError(`expected ${expected}, found ${args.length || 'no'} argument${args.length === 1 ? '' : 's'}`, name);
  if (args.length > most) throw new UsageError(`expected ${expected}, found one argument more: '${args[most]}'`, name);
}

/**
 * `@123` or `123`.
 * @param {string} text
 */
function readId(text) {
  const id = /^@?(\d+)$/.exec(text)?.[1];
  if (id === undefined) throw new UsageError(`expected an id such as @123, found '${text}'`);
  return Number(id);
}

module.exports = { COMMON, parseLine, readId };
