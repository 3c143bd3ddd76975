// @ts-check
'use strict';

const { COMMANDS } = require('./commands.js');
const { flagsOf } = require('./help.js');

/** @param {string} text */
const cell = (text) => text.replaceAll('|', '\\|');

/** The part of `docs/cli.md` that comes from the table of commands. */
function reference() {
  return Object.entries(COMMANDS)
    .map(([name, { args, does, more, examples }]) => {
      const flags = flagsOf(name).map(({ name: flag, short, word, does: what }) => {
        const usage = `--${flag}${word ? ` ${word}` : ''}`;
        return `| ${short ? `\`-${short}\`, ` : ''}\`${cell(usage)}\` | ${cell(what)} |`;
      });
      return [
        `### \`leakscan ${name} ${args}\``,
        `${does[0].toUpperCase()}${does.slice(1)}.${more ? ` ${more}` : ''}`,
        `| flag | |\n| --- | --- |\n${flags.join('\n')}`,
        ...(examples ? [`\`\`\`sh\n${examples.join('\n')}\n\`\`\``] : []),
      ].join('\n\n');
    })
    .join('\n\n');
}

const START = '<!-- from the table of commands; node scripts/cli-docs.mjs renews it -->';
const END = '<!-- end of the table of commands -->';

/**
 * A document with its generated part renewed.
 * @param {string} document
 */
function renewed(document) {
  const [before, rest] = document.split(START);
  const after = rest?.split(END)[1];
  if (after === undefined) throw new Error('docs/cli.md lacks the marks of its generated part');
  return `${before}${START}\n\n${reference()}\n\n${END}${after}`;
}

module.exports = { renewed };
