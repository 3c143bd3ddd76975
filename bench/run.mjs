#!/usr/bin/env node
// `npm run bench`: leakscan beside Chrome DevTools, memlab and @vscode/v8-heap-parser, on the same files in the same run.
//
//   --quick          only the heap of 100 MB
//   --only TOOL      only this tool (leakscan, devtools, memlab, v8-heap-parser); may be given several times
//   --repeat N       measure N times, show the median (default 3); what takes over 10 s is measured once
//   --timeout SEC    give up on one measurement after so long (default 300)
//   --record         write bench/record.json and add the tables to docs/benchmarks.md
//
// Every measurement has a process of its own (bench/measure.mjs) and waits until the machine has nothing else to do.

import { spawnSync } from 'node:child_process';
import { appendFileSync, createReadStream, existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const here = fileURLToPath(new URL('.', import.meta.url));
const root = join(here, '..');
const corpus = join(here, 'corpus');
const TOOLS = { leakscan: 'leakscan', devtools: 'Chrome DevTools', memlab: 'memlab', 'v8-heap-parser': '@vscode/v8-heap-parser' };

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true, default: Object.keys(TOOLS) },
    repeat: { type: 'string', default: '3' },
    timeout: { type: 'string', default: '300' },
    record: { type: 'boolean', default: false },
  },
});

/** Longer measurements vary less, and are not repeated. */
const LONG_S = 10;

// Tools in JavaScript get all the memory the machine has; the others do not notice.
const heapLimit = `--max-old-space-size=${Math.floor((totalmem() / 2 ** 20) * 0.75)}`;

/** Runs a command to its end; what it prints goes to stderr. */
function run(command, args, cwd = root) {
  // npm is a .cmd file on Windows, which only a shell starts.
  const shell = process.platform === 'win32' && command === 'npm';
  const { status } = spawnSync(command, args, { cwd, shell, stdio: ['ignore', 2, 2] });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed in ${cwd}`);
}

async function prepare(heaps) {
  for (const directory of [here, join(root, '__test__', 'devtools')]) {
    // Nobody here needs an install script (memlab's would fetch a browser).
    if (!existsSync(join(directory, 'node_modules'))) run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], directory);
  }
  const devtools = await import('../__test__/devtools/build.mjs');
  await devtools.build();
  mkdirSync(corpus, { recursive: true });
  for (const heap of heaps) {
    if (filesOf(heap).every((file) => existsSync(file))) continue;
    console.error(`making ${heap}.heapsnapshot`);
    run(process.execPath, [heapLimit, join(here, 'corpus.mjs'), heap, corpus]);
  }
}

/** An ordinary heap has two snapshots, of one process at two times. */
function filesOf(heap) {
  const names = heap === 'chain' ? [heap] : [heap, `${heap}-later`];
  return names.map((name) => join(corpus, `${name}.heapsnapshot`));
}

/** Reads the files once, so that no tool waits for the disk. */
async function warm(files) {
  for (const file of files) for await (const _ of createReadStream(file, { highWaterMark: 1 << 20 }));
}

/** Waits until less than a tenth of the processor time of a second is used, but no longer than two minutes. */
async function quiet() {
  for (let i = 0; i < 120; i++) {
    const before = cpus();
    await sleep(1000);
    const busy = cpus().map(({ times }, core) => 1 - (times.idle - before[core].times.idle) / 1000);
    if (busy.reduce((sum, share) => sum + share) / busy.length < 0.1) return;
  }
  console.error('the machine is busy: the times that follow are too long');
}

/** One tool on one task: the measurement with the median time, or `{ failed: reason }`. */
async function measure(tool, task, files) {
  const measured = [];
  for (let i = 0; i < Number(options.repeat); i++) {
    await warm(files);
    await quiet();
    const { status, signal, stdout, stderr } = spawnSync(
      process.execPath,
      [heapLimit, join(here, 'measure.mjs'), tool, task, ...files],
      { encoding: 'utf8', timeout: Number(options.timeout) * 1000, killSignal: 'SIGKILL' },
    );
    if (signal === 'SIGKILL') return { failed: `no answer within ${options.timeout} s` };
    if (status !== 0) return { failed: reason(stderr) };
    measured.push(JSON.parse(stdout.trim().split('\n').at(-1)));
    if (measured[0].wall_s > LONG_S) break;
  }
  return measured.sort((a, b) => a.wall_s - b.wall_s)[Math.floor(measured.length / 2)];
}

/** The line of a dying process that says why. */
function reason(stderr) {
  return stderr.split('\n').find((line) => /error|panicked/i.test(line))?.trim() ?? 'ended without a word';
}

const MB = 1e6;
const seconds = (value) => value.toFixed(value < 10 ? 2 : 1);
const times = (value) => `${value.toFixed(value < 10 ? 1 : 0)}x`;

/** A Markdown table; the first row is the head, and every column but the first is set to the right. */
function table(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const line = (cells) => `| ${cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join(' | ')} |`;
  const rule = `|${widths.map((width, i) => (i === 0 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`;
  return [line(rows[0]), rule, ...rows.slice(1).map(line)].join('\n');
}

/** "open": file to class rows. */
function openTable(size, results) {
  const own = results.leakscan;
  const rows = Object.entries(results).map(([tool, result]) => {
    if (result.failed) return [TOOLS[tool], 'fails', '', '', '', '', '', ''];
    const added = result.peak_bytes - result.bare_bytes;
    const ratio = (of) => (own && !own.failed && tool !== 'leakscan' ? times(of(result) / of(own)) : '');
    return [
      TOOLS[tool],
      seconds(result.wall_s),
      seconds(result.cpu_s),
      (size / MB / result.wall_s).toFixed(0),
      (result.peak_bytes / MB).toFixed(0),
      (added / size).toFixed(2),
      ratio((r) => r.wall_s),
      ratio((r) => r.peak_bytes - r.bare_bytes),
    ];
  });
  return table([['', 'wall s', 'CPU s', 'MB/s', 'peak MB', 'added / file', 'time', 'memory'], ...rows]);
}

/** "diff": two snapshots that are loaded already. */
function diffTable(results) {
  const rows = Object.entries(results).map(([tool, result]) =>
    result.failed
      ? [TOOLS[tool], 'fails', '', '']
      : [TOOLS[tool], (result.wall_s * 1000).toFixed(0), ((result.wall_s / result.nodeCount) * 1e9).toFixed(0), String(result.rows)],
  );
  return table([['', 'ms', 'ns a node', 'classes changed'], ...rows]);
}

/** What is recorded and shown of one task on one heap. */
function describe(task, heap, size, results) {
  const nodeCount = Object.values(results).find((result) => result.nodeCount)?.nodeCount ?? 0;
  const title = `${task} ${heap}: ${(size / MB).toFixed(0)} MB, ${(nodeCount / 1e6).toFixed(1)} M nodes`;
  const failures = Object.entries(results).filter(([, result]) => result.failed);
  const text = [
    task === 'diff' ? diffTable(results) : openTable(size, results),
    ...failures.map(([tool, { failed }]) => `${TOOLS[tool]}: ${failed}`),
  ].join('\n\n');
  return { task, heap, size, results, title, text };
}

const heaps = options.quick ? ['ordinary-100'] : ['ordinary-100', 'ordinary-700', 'chain'];
await prepare(heaps);

const sections = [];
for (const heap of heaps) {
  const files = filesOf(heap);
  for (const task of files.length === 2 ? ['open', 'diff'] : ['open']) {
    // memlab and v8-heap-parser do not compare two snapshots by class.
    const tools = options.only.filter((tool) => task === 'open' || tool === 'leakscan' || tool === 'devtools');
    const results = {};
    for (const tool of tools) {
      console.error(`${task} ${heap}: ${TOOLS[tool]}`);
      results[tool] = await measure(tool, task, task === 'open' ? files.slice(0, 1) : files);
    }
    const section = describe(task, heap, statSync(files[0]).size, results);
    console.log(`\n**${section.title}**\n\n${section.text}`);
    sections.push(section);
  }
}

if (options.record) {
  const date = new Date().toISOString().slice(0, 10);
  const machine = `${cpus()[0].model}, ${availableParallelism()} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform} ${process.arch}, Node ${process.version}`;
  const results = sections.map(({ title, text, ...raw }) => raw);
  writeFileSync(join(here, 'record.json'), `${JSON.stringify({ date, machine, repeat: Number(options.repeat), results }, null, 2)}\n`);
  const text = sections.map(({ title, text }) => `**${title}**\n\n${text}\n`).join('\n');
  appendFileSync(join(root, 'docs', 'benchmarks.md'), `\n### ${date}\n\n${machine}; median of ${options.repeat}, once if longer than ${LONG_S} s.\n\n${text}`);
}
