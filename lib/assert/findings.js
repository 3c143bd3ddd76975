// @ts-check
'use strict';

const native = require('../../native.js');
const { Summary, told } = require('../answer.js');
const { LeakscanArgumentError } = require('../errors.js');
const { ignoreRules } = require('../ignore.js');
const { checkOptions, shown } = require('../options.js');
const { now, write } = require('../questions.js');
const { LeakAssertionError } = require('./failure.js');

const OPTIONS = { ignore: { expected: 'a list of rules', test: Array.isArray } };

/**
 * Fails if a summary has findings; see `assert.d.ts`.
 * @param {any} summary
 * @param {object} [options]
 */
function assertNoFindings(summary, options) {
  if (!Array.isArray(summary?.findings)) throw new LeakscanArgumentError(`expected \`summary\` to be a Summary, found ${shown(summary)}`);
  const { ignore } = checkOptions(options, OPTIONS);
  const rest = /** @type {any} */ (new Summary(told(now(() => native.withoutIgnored(write(summary), write(ignoreRules(ignore)))))));
  if (rest.findings.length === 0) return;
  const titles = rest.findings.map((/** @type {any} */ { title, signature }) => `  ${title}, signature ${signature}`);
  throw new LeakAssertionError(['expected no findings:', ...titles, '', String(rest).trimEnd()].join('\n'), {
    operator: 'assertNoFindings',
    summary: rest,
  });
}

module.exports = { assertNoFindings };
