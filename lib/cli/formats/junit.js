// @ts-check
'use strict';

/** @param {string} text of XML 1.0, which has no control characters */
const escaped = (text) =>
  text
    .toWellFormed()
    .replaceAll(/[^\t\n\r -\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\uFFFD')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');

/**
 * A summary as JUnit XML: a test case a finding, which failed if the summary did; a healthy one is a case that passed.
 *
 * @param {any} summary
 * @param {boolean} failed whether `--fail-on` is met
 */
function junit(summary, failed) {
  const cases = summary.findings.map((/** @type {any} */ { cause, title, advice, signature, location }) => {
    const file = location?.url ? ` file="${escaped(location.url)}" line="${location.line}"` : '';
    const name = `name="${escaped(title)}" classname="leakscan.${escaped(cause)}"${file}`;
    const text = escaped(`${advice}\nsignature ${signature}`);
    return failed
      ? `    <testcase ${name}>\n      <failure type="${escaped(cause)}" message="${escaped(title)}">${text}</failure>\n    </testcase>`
      : `    <testcase ${name}>\n      <system-out>${text}</system-out>\n    </testcase>`;
  });
  if (cases.length === 0) cases.push('    <testcase name="no leak" classname="leakscan"/>');
  const counts = `tests="${cases.length}" failures="${failed ? summary.findings.length : 0}"`;
  return `<?xml version="1.0" encoding="UTF-8"?>
<testsuites ${counts}>
  <testsuite name="leakscan" ${counts}>
${cases.join('\n')}
  </testsuite>
</testsuites>
`;
}

module.exports = { junit };
