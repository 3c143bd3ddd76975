// @ts-check
'use strict';

const { inRepository, repository } = require('../../places.js');

/** GitHub shows so many annotations of a step; the first are the ones to fix first. */
const MOST = 10;

/** @param {string} text in an annotation's message */
const message = (text) => text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');

/** @param {string} text in one of its properties */
const property = (text) => message(text).replaceAll(':', '%3A').replaceAll(',', '%2C');

/**
 * A summary as annotations of GitHub Actions (workflow commands).
 *
 * @param {any} summary
 * @param {boolean} failed whether `--fail-on` is met
 * @param {string} [root]
 */
function github(summary, failed, root = repository()) {
  return summary.findings
    .slice(0, MOST)
    .map((/** @type {any} */ { cause, title, advice, location }) => {
      const file = location?.url && inRepository(location.url, root);
      const place = file ? `file=${property(file)},line=${location.line},col=${location.column},` : '';
      return `::${failed ? 'error' : 'warning'} ${place}title=${property(`leakscan: ${cause}`)}::${message(`${title}. ${advice}`)}\n`;
    })
    .join('');
}

module.exports = { github };
