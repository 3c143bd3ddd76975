// @ts-check
'use strict';

const { COMMANDS, nameOnLine } = require('./commands.js');
const { FLAGS } = require('./flags.js');
const { COMMON } = require('./parse.js');

/** Help is as wide as the narrowest usual terminal. */
const WIDTH = 80;

/**
 * A text beside its label, broken between words.
 * @param {string} label
 * @param {number} indent
 * @param {string} text
 */
function beside(label, indent, text) {
  const lines = [''];
  for (const word of text.split(' ')) {
    const last = lines.length - 1;
    if (lines[last] === '') lines[last] = word;
    else if (indent + lines[last].length + 1 + word.length <= WIDTH) lines[last] += ` ${word}`;
    else lines.push(word);
  }
  const first = indent > 0 && label.length + 2 > indent ? `${label}\n${' '.repeat(indent)}` : label.padEnd(indent);
  return `${first}${lines.join(`\n${' '.repeat(indent)}`)}\n`;
}

/** Flags of a command with the words that they take. @param {string} command */
function flagsOf(command) {
  return [...COMMANDS[command].flags, ...COMMON].map((name) => {
    const { kind, short, does } = /** @type {Record<string, import('./flags.js').Flag>} */ (FLAGS)[name];
    const long = nameOnLine(name);
    return { name: long, short, word: kind?.word, choices: kind?.choices, does, isFile: kind?.word === 'FILE' };
  });
}

/** A line for a shell, broken before flags where it is too long. @param {string} line */
function example(line) {
  const lines = [''];
  for (const part of line.split(/ (?=-)/)) {
    const last = lines.length - 1;
    // Room for what continues the line.
    if (lines[last] === '') lines[last] = `  ${part}`;
    else if (lines[last].length + 1 + part.length + 2 <= WIDTH) lines[last] += ` ${part}`;
    else lines.push(`    ${part}`);
  }
  return `${lines.join(' \\\n')}\n`;
}

const ENDING = `Exit codes: 0 nothing found, 1 found (summary --fail-on), 2 an error, 130
interrupted. Files: .heapsnapshot and .heaptimeline (allocations: .heapprofile),
also with gzip, zstd or brotli; - is the standard input.`;

function overview() {
  const indent = 2 + Math.max(...Object.keys(COMMANDS).map((name) => name.length)) + 2;
  const commands = Object.entries(COMMANDS).map(([name, { does }]) => beside(`  ${name}`, indent, does));
  return `leakscan finds memory leaks in Node.js services and says why.

Usage: leakscan COMMAND …

Commands:
${commands.join('')}
leakscan COMMAND --help tells what a command takes, --version the version.

${ENDING}
`;
}

/** @param {string} name */
function help(name) {
  const { args, does, more, examples } = COMMANDS[name];
  const flags = flagsOf(name).map((flag) => {
    const label = `  ${flag.short ? `-${flag.short}, ` : ''}--${flag.name}${flag.word ? ` ${flag.word}` : ''}`;
    return beside(label, 22, flag.does);
  });
  return [
    `Usage: leakscan ${name} ${args} [flags]\n`,
    beside('', 0, `${does[0].toUpperCase()}${does.slice(1)}.${more ? ` ${more}` : ''}`),
    `Flags:\n${flags.join('')}`,
    ...(examples ? [`Examples:\n${examples.map(example).join('')}`] : []),
    `${ENDING}\n`,
  ].join('\n');
}

module.exports = { flagsOf, help, overview };
