// @ts-check
'use strict';

const { EXIT } = require('../failure.js');
const { document, table } = require('../show.js');

/** Rows, in words: a field of `Statistics`, and how far in it stands. */
const ROWS = [
  ['V8 heap', 'v8HeapSize'],
  ['  code', 'codeSize'],
  ['  strings', 'stringsSize'],
  ['  JS arrays', 'jsArraysSize'],
  ['  system objects', 'systemSize'],
  ['  other JS objects', 'otherJsSize'],
  ['Native', 'nativeSize'],
  ['  typed arrays', 'typedArraysSize'],
  ['  other native memory', 'otherNativeSize'],
  ['Total', 'totalSize'],
];

/** @param {import('../line.js').Line} line */
async function run(line) {
  const snapshot = await line.openFirst();
  const statistics = snapshot.statistics();
  if (line.flags.json) return line.print(document(statistics)).then(() => EXIT.nothing);
  const text = table(line, [
    ['Memory', 'text', ([title]) => title],
    ['Size', 'size', ([, field]) => statistics[field]],
    ['Of heap', 'share', ([, field]) => (statistics.totalSize === 0 ? null : statistics[field] / statistics.totalSize)],
  ], ROWS);
  await line.print(text);
  return EXIT.nothing;
}

module.exports = { run };
