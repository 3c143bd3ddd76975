#!/usr/bin/env node
// Runs every test of the projects in __test__/frameworks again and again, in real test runners: every leaking test must fail with
// its message and every healthy one pass, each time. Best on a machine that is busy with something else.
//
//   npm run flakes                                       50 times, all runners, Node.js 24
//   LEAKSCAN_TIMES=5 LEAKSCAN_RUNNERS=jest,mocha LEAKSCAN_LINE=20 LEAKSCAN_ONLY='^(logging|listener)$' npm run flakes

import { loadavg } from 'node:os';
import { wrong } from '../__test__/frameworks/judge.mjs';
import { installLeakscan, runners } from '../__test__/frameworks/runners.mjs';
import { nodes } from '../__test__/nodes/nodes.mjs';

const { LEAKSCAN_TIMES: times = '50', LEAKSCAN_RUNNERS: names = Object.keys(runners).join(), LEAKSCAN_LINE: line = '24', LEAKSCAN_ONLY: pattern } = process.env;
const only = pattern ? new RegExp(pattern) : undefined;
const node = nodes().find((it) => String(it.line) === line);
if (node === undefined) throw new Error(`no Node.js ${line}`);
/** Tests in either file of a project, and with a pattern. */
const LEAST = only ? 1 : 6;

installLeakscan();
let faults = 0;
for (let time = 1; time <= Number(times); time++) {
  for (const name of names.split(',')) {
    const results = runners[name](node.path, only);
    const found = wrong(name, results, LEAST);
    faults += found.length;
    const load = loadavg()[0].toFixed(1);
    console.log(`${time}. ${name}, Node.js ${node.version}: ${results.length} tests, ${found.length} wrong (load ${load})`);
    for (const fault of found) console.log(`\n${fault}\n`);
  }
}
process.exitCode = faults > 0 ? 1 : 0;
