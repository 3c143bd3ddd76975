// @ts-check
'use strict';

const { EXIT } = require('../failure.js');
const { printList } = require('../show.js');

/** @param {import('../line.js').Line} line */
async function run(line) {
  const snapshot = await line.openFirst();
  const { filter, sort: sortBy } = line.flags;
  const classes = snapshot.classes({ filter, sortBy, devtoolsCompat: line.flags['devtools-compat'], ...line.window });
  await printList(line, classes, [
    ['Class', 'name', ({ name }) => name],
    ['Count', 'count', ({ count }) => count],
    ['Distance', 'count', ({ distance }) => distance],
    ['Shallow', 'size', ({ shallowSize }) => shallowSize],
    ['Retained', 'size', ({ retainedSize }) => retainedSize],
    ['Of heap', 'share', ({ retainedSize }) => retainedSize / snapshot.totalSize],
    ['Made at', 'place', ({ location }) => location],
  ], 'No class.');
  return EXIT.nothing;
}

module.exports = { run };
