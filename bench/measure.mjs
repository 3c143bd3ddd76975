// One measurement, in a process of its own:   node bench/measure.mjs TOOL open|diff FILE…   prints one line of JSON.

import { readFileSync } from 'node:fs';

/** Most physical memory this process has had at any time, in bytes. */
function peakMemory() {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS * 1024;
  // On Linux maxRSS starts with the peak of the process that started this one; VmHWM does not.
  const [, kibibytes] = /VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'));
  return Number(kibibytes) * 1024;
}

const [, , name, task, ...files] = process.argv;
const tool = await import(`./tools/${name}.mjs`);

const opened = [];
if (task === 'diff') for (const file of files) opened.push(await tool.open(file));

const before = { time: performance.now(), cpu: process.cpuUsage(), memory: peakMemory() };
const answer = task === 'diff' ? tool.diff(...opened) : await tool.open(files[0]);
const wall = (performance.now() - before.time) / 1000;
const cpu = process.cpuUsage(before.cpu);

const measured = {
  wall_s: wall,
  cpu_s: (cpu.user + cpu.system) / 1e6,
  peak_bytes: peakMemory(),
  /** What the process with the loaded tool had before it began. */
  bare_bytes: before.memory,
  nodeCount: task === 'diff' ? opened.at(-1).nodeCount : answer.nodeCount,
  rows: task === 'diff' ? answer : answer.rows,
};
console.log(JSON.stringify(measured));
// Some tools leave handles open.
process.exit(0);
