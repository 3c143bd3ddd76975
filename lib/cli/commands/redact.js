// @ts-check
'use strict';

const { redact } = require('../../../index.js');
const { EXIT } = require('../failure.js');
const { document } = require('../show.js');

/** @param {import('../line.js').Line} line */
async function run(line) {
  const [from, to] = line.args;
  const { salt, json } = line.flags;
  const counts = await line.sources([from], ([source]) =>
    line.job(from, (job) => redact(/** @type {any} */ (source), to, { salt, ...job })),
  );
  const { stringCount, hiddenCount } = counts;
  const grouped = (/** @type {number} */ count) => count.toLocaleString('en');
  await line.print(json ? document(counts) : `${to}: ${grouped(hiddenCount)} of ${grouped(stringCount)} strings are hidden.\n`);
  return EXIT.nothing;
}

module.exports = { run };
