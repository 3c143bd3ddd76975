// @ts-check
// The table of `npm run proof`, for the terminal and for docs/proof.md.

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const file = fileURLToPath(new URL('../docs/proof.md', import.meta.url));
const BEGIN = '<!-- written by npm run proof: begin -->';
const END = '<!-- written by npm run proof: end -->';

/** @typedef {import('../__test__/proof/run.mjs').Proof} Proof */

/**
 * The totals, and, if all was run, the table in docs/proof.md.
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
    writeFileSync(file, `${before}${BEGIN}\n\n${totals.join('\n')}\n\n${tables(sorted)}\n\n${END}${after}`);
  }
  return totals.join('\n');
}

/** @param {Proof[]} proofs */
function sum(proofs) {
  const leaks = proofs.filter(({ program }) => !program.isHealthy);
  const healthy = proofs.filter(({ program }) => program.isHealthy);
  const answers = (/** @type {Proof[]} */ of, /** @type {string} */ question) =>
    of.flatMap(({ program, answers }) => answers.filter((it) => it.question === question).map((it) => ({ ...it, program })));
  const lines = ['rounds', 'pair'].map((question) => {
    const all = answers(leaks, question);
    const named = all.filter(({ program, summary }) => program.causes.includes(summary.findings[0]?.cause));
    const exact = all.filter(({ wrongs }) => wrongs.length === 0);
    return `- ${QUESTION[question]}: right cause first ${named.length} / ${all.length}; cause, count, pace and line right, and nothing else told ${exact.length} / ${all.length}`;
  });
  const accused = healthy.flatMap(({ answers }) => answers).filter(({ wrongs }) => wrongs.length > 0);
  const runs = healthy.flatMap(({ answers }) => answers);
  return [...lines, `- false findings / answers about healthy services: ${accused.length} / ${runs.length} (${healthy.length} runs)`];
}

/** @type {Record<string, string>} */
const QUESTION = { rounds: 'a pair with the number of rounds', pair: 'a pair without', single: 'one snapshot', series: 'three' };

/** @param {Proof[]} proofs */
function tables(proofs) {
  const row = (/** @type {unknown[]} */ ...cells) => `| ${cells.map((cell) => String(cell).replaceAll('|', '\\|')).join(' | ')} |`;
  const leaks = proofs.filter(({ program }) => !program.isHealthy).map(({ program, node, answers }) => {
    const { summary } = answers[0];
    const [first] = summary.findings;
    const others = answers.filter(({ wrongs }) => wrongs.length > 0).map(({ question }) => QUESTION[question]);
    return row(
      program.name,
      node.line,
      summary.verdict,
      first?.cause ?? '',
      first?.growth?.count ?? '',
      first?.growth?.perRound ?? '',
      program.lines.length === 0 ? 'in a library' : program.lines.includes(first?.location?.line ?? 0) ? 'right' : 'wrong',
      summary.findings.length,
      others.join(', ') || 'none',
    );
  });
  const healthy = proofs.filter(({ program }) => program.isHealthy).map(({ program, node, answers }) =>
    row(program.name, node.line, ...answers.map(({ summary }) => summary.verdict)),
  );
  return [
    '| leaking program | Node.js | verdict | first cause | growth | per round | line | findings | wrong answers |',
    '| --- | --- | --- | --- | --- | --- | --- | --- | --- |',
    ...leaks,
    '',
    '| healthy program | Node.js | pair with rounds | pair | one snapshot |',
    '| --- | --- | --- | --- | --- |',
    ...healthy,
  ].join('\n');
}
