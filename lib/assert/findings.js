// @ts-check
'use strict';

const { LeakscanArgumentError } = require('../errors.js');
const { ignoreRules } = require('../ignore.js');
const { checkOptions, shown } = require('../options.js');
const { LeakAssertionError } = require('./failure.js');

const OPTIONS = { ignore: { expected: 'a list of rules', test: Array.isArray } };
/** What a summary that is made already tells of itself; classes and paths are for `summarize` to ignore. */
const FIELDS = ['signature', 'cause'];

/**
 * Fails if a summary has findings; see `assert.d.ts`.
 * @param {any} summary
 * @param {object} [options]
 */
function assertNoFindings(summary, options) {
  if (!Array.isArray(summary?.findings)) throw new LeakscanArgumentError(`expected \`summary\` to be a Summary, found ${shown(summary)}`);
  const { ignore } = checkOptions(options, OPTIONS);
  const rules = ignoreRules(ignore);
  for (const rule of rules) {
    const other = Object.keys(rule).find((field) => !FIELDS.includes(field));
    if (other) throw new LeakscanArgumentError(`expected rules by ${FIELDS.join(' or ')}, found \`${other}\`: give it to summarize()`);
  }
  const isIgnored = (/** @type {any} */ finding) =>
    rules.some((/** @type {any} */ rule) => FIELDS.every((field) => rule[field] === undefined || rule[field] === finding[field]));
  const found = summary.findings.filter((/** @type {any} */ finding) => !isIgnored(finding));
  if (found.length === 0) return;
  const titles = found.map((/** @type {any} */ { title, signature }) => `  ${title}, signature ${signature}`);
  throw new LeakAssertionError(['expected no findings:', ...titles, '', String(summary).trimEnd()].join('\n'), {
    operator: 'assertNoFindings',
    summary,
  });
}

module.exports = { assertNoFindings };
