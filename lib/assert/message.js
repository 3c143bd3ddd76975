// @ts-check
'use strict';

const { size } = require('../live/text.js');
const { LeakAssertionError } = require('./failure.js');

/**
 * The failure that tells of a leak: the first line says what, where and how fast; the report says what keeps it.
 * @param {any} summary
 * @param {{ unit: string, stride: number }} round what a round is called, and how many of them the summary counts as one
 * @param {string[]} evidence
 */
function leaked(summary, round, evidence) {
  const [first] = summary.findings;
  const lines = [`${pace(first, summary, round)}: ${first.title}`, ...report(summary), ...afterwards(first, evidence)];
  return new LeakAssertionError(lines.join('\n'), { operator: 'assertNoLeak', summary, evidence });
}

/**
 * The failure of work that was stopped because of its memory.
 * @param {import('./rounds.js').Rounds} rounds
 * @param {any} summary of what could still be looked at
 * @param {string[]} evidence
 */
function outOfMemory(rounds, summary, evidence) {
  const head = `stopped after ${rounds.done} rounds: more than ${size(rounds.maxHeap)} in use (option \`maxHeap\`)`;
  const [first] = summary?.findings ?? [];
  const lines = first
    ? [`${head}: ${first.title}`, ...report(summary), ...afterwards(first, evidence)]
    : [`${head}; no snapshot could be taken to say why`];
  return new LeakAssertionError(lines.join('\n'), { operator: 'assertNoLeak', summary, evidence });
}

/** The summary's text without its verdict, which the message has given. @param {any} summary */
function report(summary) {
  const text = String(summary);
  return ['', text.slice(Math.max(0, text.indexOf('\nHeap:') + 1)).trimEnd(), ''];
}

/**
 * `grew by 1 per round over 20 rounds`, or `grew by 1.3 per 4 rounds over 80 rounds`.
 * @param {any} finding
 * @param {any} summary
 * @param {{ unit: string, stride: number }} round
 */
function pace({ growth }, { rounds, unit: counted }, { unit, stride }) {
  const all = [rounds].flat().reduce((sum, count) => sum + count, 0);
  const perRound = growth.perRound ?? growth.count / all;
  const shown = Number.isInteger(perRound) ? perRound : perRound.toFixed(1);
  const each = stride === 1 ? unit : `${stride} ${unit}s`;
  return `grew by ${shown} per ${each} over ${all * stride} ${unit}s${stride === 1 ? '' : ` (a ${counted} is ${each})`}`;
}

/** @param {any} finding @param {string[]} evidence */
function afterwards(finding, evidence) {
  const lines = [`Known and accepted? ignore: ['signature:${finding.signature}']`];
  if (evidence.length > 0) lines.push('Snapshots:', ...evidence.map((file) => `  ${file}`));
  return lines;
}

module.exports = { leaked, outOfMemory };
