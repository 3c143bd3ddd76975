// @ts-check
'use strict';

const { COMMANDS } = require('./commands.js');
const { EXIT, UsageError, line } = require('./failure.js');

/**
 * The command line: finds the command, carries it out, and says how it went.
 * @param {string[]} given
 */
async function main(given) {
  // A reader that went away (`| head`) is no error; the exit code is the one that is known so far.
  process.stdout.on('error', (/** @type {NodeJS.ErrnoException} */ error) => {
    if (error.code === 'EPIPE') process.exit();
    fail(error);
    process.exit();
  });
  try {
    process.exitCode = await carryOut(given);
  } catch (error) {
    fail(error, given[0]);
  }
}

/** @param {unknown} error @param {string} [command] */
function fail(error, command) {
  const { name } = /** @type {any} */ (error) ?? {};
  if (name === 'AbortError') {
    process.exitCode = EXIT.interrupted;
    return;
  }
  process.exitCode = EXIT.error;
  process.stderr.write(`leakscan: ${line(error, command)}\n`);
  if (process.env.LEAKSCAN_DEBUG) console.error(error);
}

/** @param {string[]} given */
async function carryOut([name, ...rest]) {
  if (name === '--version' || name === '-V') return say(require('../../package.json').version);
  if (name === '--help' || name === '-h' || name === 'help') {
    const { overview, help } = require('./help.js');
    return say(name === 'help' && rest[0] in COMMANDS ? help(rest[0]) : overview());
  }
  if (name === undefined) throw new UsageError('expected a command');
  if (!Object.hasOwn(COMMANDS, name)) throw new UsageError(`there is no command '${name}'`);
  const { parseLine } = require('./parse.js');
  const { args, flags } = parseLine(name, rest);
  if (flags.help) return say(require('./help.js').help(name));
  const { Line } = require('./line.js');
  return COMMANDS[name].load().run(new Line(name, args, flags));
}

/** @param {string} text */
function say(text) {
  process.stdout.write(`${text.trimEnd()}\n`);
  return EXIT.nothing;
}

module.exports = { main };
