// @ts-check
'use strict';

/**
 * Whether a summary meets one of the rules of `--fail-on`. Sizes and counts are what one finding grew by, or, of a single
 * snapshot, what it has.
 *
 * @param {{ name: string, least?: number }[]} rules
 * @param {{ verdict: string, findings: any[] }} summary
 */
function isMet(rules, { verdict, findings }) {
  return rules.some(({ name, least = 0 }) => {
    if (name === 'leak') return verdict === 'leak';
    if (name === 'suspicious') return verdict !== 'clean';
    if (name === 'bytes') return findings.some(({ growth, retainedSize }) => (growth ? growth.bytes : retainedSize) >= least);
    if (name === 'count') return findings.some(({ growth, count }) => (growth ? growth.count : count) >= least);
    return false;
  });
}

module.exports = { isMet };
