// @ts-check
'use strict';

const { COMMANDS } = require('./commands.js');
const { UsageError } = require('./failure.js');
const { flagsOf } = require('./help.js');

/** @param {string} text for single quotes of a shell */
const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

/** @param {string} command */
const words = (command) => flagsOf(command).map(({ name }) => `--${name}`);

/** Flags with choices, of all commands: `--sort` has others in another command. @param {string} command */
const withChoices = (command) => flagsOf(command).filter(({ choices }) => choices);

/** Flags that take a word of any kind. @param {string} command */
const withWord = (command) => flagsOf(command).filter(({ word, choices }) => word && !choices);

function bash() {
  const cases = Object.entries(COMMANDS).map(([name, { choices, files }]) => {
    const values = withChoices(name).map(
      (flag) => `        --${flag.name}) COMPREPLY=($(compgen -W ${quoted(flag.choices?.join(' ') ?? '')} -- "$current")); return;;`,
    );
    const free = withWord(name).map((flag) => `--${flag.name}`);
    if (free.length > 0) values.push(`        ${free.join('|')}) return;;`);
    const args = choices ? `compgen -W ${quoted(choices.join(' '))} -- "$current"` : files ? 'compgen -f -- "$current"' : ':';
    return `    ${name})
${values.length > 0 ? `      case "$previous" in\n${values.join('\n')}\n      esac\n` : ''}      if [[ "$current" == -* ]]; then COMPREPLY=($(compgen -W ${quoted(words(name).join(' '))} -- "$current"))
      else COMPREPLY=($(${args})); fi;;`;
  });
  return `# leakscan's completion for bash: source <(leakscan completion bash)
_leakscan() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}"
  COMPREPLY=()
  if [[ $COMP_CWORD -eq 1 ]]; then
    COMPREPLY=($(compgen -W ${quoted([...Object.keys(COMMANDS), '--help', '--version'].join(' '))} -- "$current"))
    return
  fi
  case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
  esac
}
complete -o filenames -F _leakscan leakscan
`;
}

function zsh() {
  /** @param {string} text in a description of _arguments or _describe */
  const described = (text) => text.replaceAll(/[[\]:\\]/g, '\\$&');
  const commands = Object.entries(COMMANDS).map(([name, { does }]) => `    ${quoted(`${name}:${described(does)}`)}`);
  const cases = Object.entries(COMMANDS).map(([name, { choices, files }]) => {
    const flags = flagsOf(name).map(({ name: flag, word, choices: values, does }) => {
      const value = word ? `:${described(word)}:${values ? `(${values.join(' ')})` : ''}` : '';
      return `        ${quoted(`--${flag}[${described(does)}]${value}`)} \\`;
    });
    const args = choices ? `:shell:(${choices.join(' ')})` : files ? '*:file:_files' : '';
    return `      ${name})\n      _arguments \\\n${flags.join('\n')}\n        ${quoted(args)};;`;
  });
  return `#compdef leakscan
# leakscan's completion for zsh: leakscan completion zsh > "\${fpath[1]}/_leakscan"
_leakscan() {
  local -a commands
  commands=(
${commands.join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
  else
    local command="$words[2]"
    shift words
    (( CURRENT-- ))
    case "$command" in
${cases.join('\n')}
    esac
  fi
}
_leakscan "$@"
`;
}

function fish() {
  const lines = Object.entries(COMMANDS).flatMap(([name, { does, choices, files }]) => {
    const here = `-n ${quoted(`__fish_seen_subcommand_from ${name}`)}`;
    return [
      `complete -c leakscan -n __fish_use_subcommand -f -a ${name} -d ${quoted(does)}`,
      ...(choices ? [`complete -c leakscan ${here} -f -a ${quoted(choices.join(' '))}`] : []),
      ...(files || choices ? [] : [`complete -c leakscan ${here} -f`]),
      ...flagsOf(name).map(({ name: flag, short, word, choices: values, does: what }) => {
        const value = values ? ` -x -a ${quoted(values.join(' '))}` : word ? ' -x' : '';
        return `complete -c leakscan ${here}${short ? ` -s ${short}` : ''} -l ${flag}${value} -d ${quoted(what)}`;
      }),
    ];
  });
  return `# leakscan's completion for fish: leakscan completion fish | source\n${lines.join('\n')}\n`;
}

const SHELLS = /** @type {Record<string, () => string>} */ ({ bash, zsh, fish });

/** @param {string} shell */
function script(shell) {
  if (!Object.hasOwn(SHELLS, shell)) throw new UsageError(`expected one of ${Object.keys(SHELLS).join(', ')}, found '${shell}'`, 'completion');
  return SHELLS[shell]();
}

module.exports = { script };
