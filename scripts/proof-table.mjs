// @ts-check
// The table of `npm run proof`, for the terminal and for docs/proof.md.

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const file = fileURLToPath(new URL('../docs/proof.md', import.meta.url));
const BEGIN = '<!-- written by npm run proof: begin -->';
const END = '<!-- written by npm run proof: end -->';

/** @typedef {import('../__test__/proof/run.mjs').Proof} Proof */

/**
 * The totals, and, if all was run, these and what is wrong in docs/proof.md.
 * @param {Proof[]} proofs
 * @param {{ isWhole: boolean }} options
 */
export function write(proofs, { isWhole }) {
  const sorted = proofs.toSorted((a, b) => a.program.file.localeCompare(b.program.file) || a.node.line - b.node.line);
  const totals = sum(sorted);
  if (isWhole) {
    const text = readFileSync(file, 'utf8');
    const [before] = text.split(BEGIN);
    const [, after = ''] = text.split(END);
    writeFileSync(file, `${before}${BEGIN}\n\n${of(sorted)}\n\n${totals.join('\n')}\n\n${wrong(sorted).join('\n')}\n\n${END}${after}`);
  }
  return totals.join('\n');
}

/** What was run, and when. @param {Proof[]} proofs */
function of(proofs) {
  const count = (/** @type {boolean} */ isHealthy) =>
    new Set(proofs.filter(({ program }) => program.isHealthy === isHealthy).map(({ program }) => program.name)).size;
  return `${count(false)} leaking and ${count(true)} healthy programs, ${new Date().toISOString().slice(0, 10)}:`;
}

/** Numbers by line of Node.js and by how leakscan was asked. @param {Proof[]} proofs */
function sum(proofs) {
  const lines = [...new Set(proofs.map(({ node }) => node.line))].sort();
  const rows = lines.flatMap((line) => Object.keys(QUESTION).map((question) => {
    const answers = (/** @type {boolean} */ isHealthy) =>
      proofs
        .filter(({ program, node }) => program.isHealthy === isHealthy && node.line === line)
        .flatMap(({ program, answers }) => answers.filter((it) => it.question === question).map((it) => ({ ...it, program })));
    const leaks = answers(false);
    const healthy = answers(true);
    const named = leaks.filter(({ program, summary }) => program.causes.includes(summary.findings[0]?.cause));
    const right = leaks.filter(({ wrongs }) => wrongs.length === 0);
    const accused = healthy.filter(({ wrongs }) => wrongs.length > 0);
    const of = (/** @type {unknown[]} */ some, /** @type {unknown[]} */ all) => `${some.length} / ${all.length}`;
    return row(line, QUESTION[question], of(named, leaks), of(right, leaks), of(accused, healthy));
  }));
  return ['| Node.js | asked | right cause first | all right | false findings / healthy |', '| --- | --- | --- | --- | --- |', ...rows];
}

/** @type {Record<string, string>} */
const QUESTION = { rounds: 'a pair with the number of rounds', pair: 'a pair without', single: 'one snapshot', series: 'three snapshots' };

/** A line of a table. @param {unknown[]} cells */
const row = (...cells) => `| ${cells.map((cell) => String(cell).replaceAll('|', '\\|')).join(' | ')} |`;

/** What is wrong, one answer a line. @param {Proof[]} proofs */
function wrong(proofs) {
  const rows = proofs.flatMap(({ program, node, answers }) =>
    answers
      .filter(({ wrongs }) => wrongs.length > 0)
      .map(({ question, wrongs }) => row(program.name, node.line, QUESTION[question], wrongs.join('; '))),
  );
  if (rows.length === 0) return ['No answer is wrong.'];
  return ['| wrong answer about | Node.js | asked | |', '| --- | --- | --- | --- |', ...rows];
}
