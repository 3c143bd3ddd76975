// @ts-check
'use strict';

const { size } = require('../live/text.js');
const { LeakAssertionError } = require('./failure.js');

/** Steps of a path are indented up to here. */
const DEEPEST = 20;

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
 * @param {string[]} heaviest what takes most of the memory, where the summary has no findings
 * @param {string[]} evidence
 */
function outOfMemory(rounds, summary, heaviest, evidence) {
  const head = `stopped after ${rounds.done} rounds: more than ${size(rounds.maxHeap)} in use (option \`maxHeap\`)`;
  const [first] = summary?.findings ?? [];
  const lines = first
    ? [`${head}: ${first.title}`, ...report(summary), ...afterwards(first, evidence)]
    : heaviest.length > 0
      ? [`${head}; most of it:`, ...heaviest]
      : [`${head}; no snapshot could be taken to say why`];
  return new LeakAssertionError(lines.join('\n'), { operator: 'assertNoLeak', summary, evidence });
}

/** The class that takes most memory of its own, and what keeps one of its objects. @param {import('../snapshot.js').Snapshot} snapshot */
function heaviestOf(snapshot) {
  const [{ name, count, shallowSize }] = snapshot.classes({ sortBy: 'shallowSize', limit: 1 });
  return [`  ${count} ${name}, ${size(shallowSize)}`, ...pathTo(snapshot, name)];
}

/** Lines that tell what keeps one object of a class. @param {import('../snapshot.js').Snapshot} snapshot @param {string} className */
function pathTo(snapshot, className) {
  const [first] = snapshot.instances(className, { limit: 1 });
  const [path = []] = first ? snapshot.retainingPaths(first.id, { limit: 1 }) : [];
  return path.map(
    (/** @type {any} */ { edgeName, node }, /** @type {number} */ depth) =>
      `  ${'  '.repeat(Math.min(depth, DEEPEST))}└ ${edgeName} → ${node.className}`,
  );
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

module.exports = { heaviestOf, leaked, outOfMemory, pathTo };
