#!/usr/bin/env node
// @ts-check
// `npm run proof`: every program of __test__/proof under every line of Node.js, and what leakscan says of each. Writes the
// table to docs/proof.md; exits with 0 when every answer is right.
//   npm run proof -- NAME…        only programs whose name contains one of these; docs/proof.md stays as it is
//     --node 24                   only this line of Node.js (may be given more than once)
//     --keep DIRECTORY            keeps the snapshots there, and takes those that are there already
//     --jobs 2                    so many programs at a time

import { parseArgs } from 'node:util';

import { nodes } from '../__test__/nodes/nodes.mjs';
import { QUESTIONS, brief, programs, prove } from '../__test__/proof/run.mjs';
import { setup } from '../__test__/setup.mjs';
import { write } from './proof-table.mjs';

const { values: options, positionals: names } = parseArgs({
  allowPositionals: true,
  options: {
    node: { type: 'string', multiple: true, default: [] },
    keep: { type: 'string' },
    jobs: { type: 'string', default: '1' },
  },
});

await setup();
const lines = nodes().filter(({ line }) => options.node.length === 0 || options.node.includes(String(line)));
const chosen = programs().filter(({ name }) => names.length === 0 || names.some((it) => name.includes(it)));
const open = chosen.flatMap((program) => lines.map((node) => ({ program, node })));

const questions = /** @type {(keyof typeof QUESTIONS)[]} */ (Object.keys(QUESTIONS));
/** @type {import('../__test__/proof/run.mjs').Proof[]} */
const proofs = [];
let wrong = 0;
await Promise.all(Array.from({ length: Number(options.jobs) }, work));

async function work() {
  for (let next = open.shift(); next; next = open.shift()) {
    const { program, node } = next;
    let proof;
    try {
      proof = await prove(node, program, { questions, keep: options.keep });
    } catch (error) {
      wrong++;
      console.error(`FAILED ${program.name} on Node.js ${node.line}: ${/** @type {Error} */ (error).message}`);
      continue;
    }
    proofs.push(proof);
    const wrongs = proof.answers.flatMap(({ question, wrongs }) => wrongs.map((text) => `      ${question}: ${text}`));
    const [first] = proof.answers[0].summary.findings;
    console.error(
      `${wrongs.length === 0 ? 'ok   ' : 'WRONG'} ${program.name} on Node.js ${node.line}${first ? `: ${brief(first)}` : ''}`,
    );
    if (wrongs.length > 0) {
      wrong++;
      console.error(wrongs.join('\n'));
    }
  }
}

const whole = names.length === 0 && options.node.length === 0;
console.log(write(proofs, { isWhole: whole }));
process.exitCode = wrong === 0 ? 0 : 1;
