// @ts-check
'use strict';

/**
 * Every command: what it takes, and the file that does it. Parsing, help, completion and `docs/cli.md` come from here.
 *
 * `flags` are names of `flags.js`; `as` gives a flag another name on this command's line.
 *
 * @typedef {object} Command
 * @property {string} args as help shows them
 * @property {[number, number]} count how many of them, at least and at most
 * @property {boolean} [files] whether its arguments start with files, for completion
 * @property {string} does in a few words
 * @property {string} [more] what else there is to know
 * @property {string[]} flags
 * @property {string[]} [examples]
 * @property {string[]} [choices] of its argument
 * @property {() => { run: (line: import('./line.js').Line) => Promise<number> | number }} load
 */

const TEXT = ['bytes', 'width'];
const LIST = ['limit', 'offset', ...TEXT, 'strict', 'json', 'ndjson'];

/** @type {Record<string, Command>} */
const COMMANDS = {
  summary: {
    args: 'FILE…',
    count: [1, Infinity],
    files: true,
    does: 'what leaks, and why: of one snapshot, or of several (the oldest first)',
    more: 'One snapshot shows what is suspicious by its size and shape; two show what grows; three or more tell a leak from a cache that is still filling.',
    flags: ['rounds', 'unit', 'ignore', 'fail-on', 'findings', 'strings', ...TEXT, 'json', 'ndjson', 'md', 'html', 'sarif', 'junit', 'github'],
    examples: ['leakscan summary before.heapsnapshot after.heapsnapshot --rounds 300 --unit request'],
    load: () => require('./commands/summary.js'),
  },
  diff: {
    args: 'BEFORE AFTER',
    count: [2, 2],
    files: true,
    does: "what came and went, by class: DevTools' Comparison view",
    flags: ['limit', 'ignore', 'devtools-compat', ...TEXT, 'json', 'ndjson', 'md', 'html'],
    load: () => require('./commands/diff.js'),
  },
  trend: {
    args: 'FILE FILE FILE…',
    count: [2, Infinity],
    files: true,
    does: 'what grew from each snapshot to the next, by place: three snapshots or more (the oldest first)',
    more: 'docs/trend.md explains it. Two snapshots are taken too, and tell less.',
    flags: ['rounds', 'unit', 'ignore', 'rows', ...TEXT, 'json', 'ndjson', 'md', 'html'],
    examples: ['leakscan trend 0.heapsnapshot 1.heapsnapshot 2.heapsnapshot --rounds 7,13 --unit request'],
    load: () => require('./commands/trend.js'),
  },
  listeners: {
    args: 'FILE…',
    count: [1, Infinity],
    files: true,
    does: 'every emitter, its events, and who made their listeners; of several snapshots with their growth',
    flags: ['limit', ...TEXT, 'json', 'ndjson', 'md', 'html'],
    load: () => require('./commands/listeners.js'),
  },
  classes: {
    args: 'FILE',
    count: [1, 1],
    files: true,
    does: "objects by class: DevTools' Summary view",
    flags: ['filter', 'sort-classes', 'devtools-compat', ...LIST],
    load: () => require('./commands/classes.js'),
  },
  instances: {
    args: 'FILE CLASS',
    count: [2, 2],
    files: true,
    does: 'the objects of a class, given by its name or key',
    flags: ['sort-nodes', ...LIST],
    load: () => require('./commands/instances.js'),
  },
  query: {
    args: 'FILE TERM…',
    count: [1, Infinity],
    files: true,
    does: 'objects for which all terms hold: class:Session retained>1MB not name~test',
    more: 'docs/query.md has the terms. Among them are DevTools\' filters: retained-by:detached-nodes, retained-by:contexts, retained-by:event-handlers, is:duplicated-string.',
    flags: ['sort-nodes', 'allocated-after', 'allocated-until', ...LIST],
    examples: [
      "leakscan query heap.heapsnapshot class:Session 'retained>1MB'",
      'leakscan query third.heapsnapshot --allocated-after first.heapsnapshot --allocated-until second.heapsnapshot',
    ],
    load: () => require('./commands/query.js'),
  },
  statistics: {
    args: 'FILE',
    count: [1, 1],
    files: true,
    does: "the heap by kind of memory: DevTools' Statistics view",
    flags: [...TEXT, 'strict', 'json'],
    load: () => require('./commands/statistics.js'),
  },
  node: {
    args: 'FILE @ID',
    count: [2, 2],
    files: true,
    does: 'an object with its figures',
    flags: [...TEXT, 'strict', 'json'],
    load: () => require('./commands/node.js'),
  },
  edges: {
    args: 'FILE [@ID]',
    count: [1, 2],
    files: true,
    does: "what an object refers to; without @ID, the root: DevTools' Containment view",
    flags: LIST,
    load: () => require('./commands/edges.js'),
  },
  retainers: {
    args: 'FILE @ID',
    count: [2, 2],
    files: true,
    does: "what refers to an object: DevTools' Retainers view",
    flags: LIST,
    load: () => require('./commands/retainers.js'),
  },
  paths: {
    args: 'FILE @ID',
    count: [2, 2],
    files: true,
    does: 'why an object is alive: several ways from the root to it, shortest first',
    flags: ['paths', ...TEXT, 'strict', 'json', 'ndjson'],
    load: () => require('./commands/paths.js'),
  },
  dominators: {
    args: 'FILE [@ID]',
    count: [1, 2],
    files: true,
    does: 'the objects that would be freed with an object, nearest level; without @ID, with the root',
    flags: ['sort-nodes', ...LIST],
    load: () => require('./commands/dominators.js'),
  },
  strings: {
    args: 'FILE',
    count: [1, 1],
    files: true,
    does: 'texts that are held more than once, the most wasteful first; shows their contents',
    flags: LIST,
    load: () => require('./commands/strings.js'),
  },
  open: {
    args: 'FILE…',
    count: [1, 16],
    files: true,
    does: 'look around in a browser: findings, comparison, trend, classes, objects, treemap, listeners (older first)',
    more: 'Serves the page on 127.0.0.1 to whoever has the link, which is good once. Enter makes another, Ctrl+C ends it.',
    flags: ['no-browser', 'port', 'strings'],
    load: () => require('./commands/open.js'),
  },
  allocations: {
    args: 'PROFILE',
    count: [1, 1],
    files: true,
    does: 'who allocated what was still alive: by function, of a .heapprofile (node --heap-prof, DevTools)',
    flags: ['limit', ...TEXT, 'json', 'ndjson', 'md'],
    load: () => require('./commands/allocations.js'),
  },
  capture: {
    args: '--pid PID | --inspect HOST:PORT',
    count: [0, 0],
    does: 'a heap snapshot of a running process, through its inspector',
    more: '--pid opens the inspector by SIGUSR1 (Linux, macOS), says so, and closes it again, also after Ctrl+C. FILE is compressed if it ends in .gz, .br or (Node.js 22.15 and later) .zst. Several captures of one run (--count) know each other\'s objects. docs/production.md tells what a capture costs.',
    flags: ['pid', 'inspect', 'out', 'allow-remote', 'force', 'count', 'every', 'summary', ...TEXT],
    examples: [
      'leakscan capture --pid 4711 -o heap.heapsnapshot.zst',
      'leakscan capture --inspect 127.0.0.1:9229 -o heap.heapsnapshot.gz --count 2 --every 300 --summary',
    ],
    load: () => require('./commands/capture.js'),
  },
  redact: {
    args: 'IN OUT',
    count: [2, 2],
    files: true,
    does: 'a copy that may leave the company: contents of strings become their length and a salted hash',
    more: 'Names of the program, sizes and structure stay; docs/redact.md tells exactly. OUT is compressed if it ends in .gz or .zst.',
    flags: ['salt', 'json'],
    examples: ['leakscan redact heap.heapsnapshot shareable.heapsnapshot.gz'],
    load: () => require('./commands/redact.js'),
  },
  export: {
    args: 'FILE',
    count: [1, 1],
    files: true,
    does: 'tables for databases: nodes, edges, classes, findings',
    more: 'Contents of strings are in none of them. docs/fleet.md has the columns, and queries over the snapshots of many processes.',
    flags: ['parquet', 'csv', 'ndjson-tables', 'label', 'table', 'json'],
    examples: ['leakscan export heap.heapsnapshot --parquet tables/pod-a --label version=1.4.2 --label pod=a'],
    load: () => require('./commands/export.js'),
  },
  baseline: {
    args: 'FILE… | --run COMMAND',
    count: [0, Infinity],
    files: true,
    does: 'accept what there is: adds the findings of a summary to .leakscanignore, by their signatures',
    more: "--run starts tests with leakscan's hooks, which add what the test files leave behind. From then on only what is new is told: summary --ignore .leakscanignore.",
    flags: ['rounds', 'unit', 'run', 'out'],
    examples: ['leakscan baseline before.heapsnapshot after.heapsnapshot --rounds 300', "leakscan baseline --run 'npm test'"],
    load: () => require('./commands/baseline.js'),
  },
  completion: {
    args: 'SHELL',
    count: [1, 1],
    does: 'a script that completes commands, flags and files',
    more: 'bash: `source <(leakscan completion bash)`. zsh: `leakscan completion zsh > "${fpath[1]}/_leakscan"`. fish: `leakscan completion fish | source`.',
    flags: [],
    choices: ['bash', 'zsh', 'fish'],
    load: () => require('./commands/completion.js'),
  },
};

/** A flag's name on the line, where several commands give the same name different choices. */
const NAME_ON_LINE = /** @type {Record<string, string>} */ ({ 'sort-classes': 'sort', 'sort-nodes': 'sort', findings: 'limit', paths: 'limit', rows: 'limit', 'ndjson-tables': 'ndjson' });

/** @param {string} flag */
const nameOnLine = (flag) => NAME_ON_LINE[flag] ?? flag;

module.exports = { COMMANDS, nameOnLine };
