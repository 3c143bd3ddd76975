// @ts-check
'use strict';

const { version } = require('../../../package.json');
const { repository, toUri } = require('../../places.js');

/** GitHub shows no more. */
const MOST_RESULTS = 5000;

/**
 * A summary as SARIF 2.1.0 (OASIS Standard), for code scanning. `partialFingerprints` is the finding's signature, so that the
 * same leak is the same alert in the next run, on whatever host.
 *
 * @param {any} summary
 * @param {string} [root]
 */
function sarif(summary, root = repository()) {
  const causes = [...new Set(summary.findings.map((/** @type {any} */ { cause }) => cause))];
  const results = summary.findings.slice(0, MOST_RESULTS).map((/** @type {any} */ finding) => ({
    ruleId: finding.cause,
    ruleIndex: causes.indexOf(finding.cause),
    level: summary.verdict === 'leak' && finding.growth ? 'error' : 'warning',
    message: { text: `${finding.title}. ${finding.advice}` },
    locations: [location(finding, root)],
    partialFingerprints: { 'leakscan/v1': finding.signature },
    properties: { confidence: finding.confidence, retainedSize: finding.retainedSize, share: finding.share, ...finding.growth },
  }));
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'leakscan',
            semanticVersion: version,
            rules: causes.map((cause) => ({ id: cause, name: cause, shortDescription: { text: `Memory leak: ${cause}` } })),
          },
        },
        columnKind: 'utf16CodeUnits',
        results,
      },
    ],
  };
}

/** @param {any} finding @param {string} root */
function location({ location: made, owner }, root) {
  const logicalLocations = [{ fullyQualifiedName: owner.name, kind: 'object' }];
  if (!made?.url) return { logicalLocations };
  const physicalLocation = {
    artifactLocation: { uri: toUri(made.url, root) },
    region: { startLine: made.line, startColumn: made.column },
  };
  return { physicalLocation, logicalLocations };
}

module.exports = { sarif };
