// @ts-check
'use strict';

const { EXIT } = require('../failure.js');
const { printList } = require('../show.js');

/** @param {import('../line.js').Line} line */
async function run(line) {
  const snapshot = await line.openFirst();
  // Where edges are missing, figures of the graph mean nothing.
  const hasGraph = snapshot.meta.partial?.hasAllEdges ?? true;
  const { filter } = line.flags;
  const sortBy = line.flags.sort ?? (hasGraph ? undefined : 'shallowSize');
  const classes = snapshot.classes({ filter, sortBy, devtoolsCompat: line.flags['devtools-compat'], ...line.window });
  /** @type {import('../show.js').Column[]} */
  const columns = [
    ['Class', 'name', ({ name }) => name],
    ['Count', 'count', ({ count }) => count],
    ['Distance', 'count', ({ distance }) => distance],
    ['Shallow', 'size', ({ shallowSize }) => shallowSize],
    ['Retained', 'size', ({ retainedSize }) => retainedSize],
    ['Of heap', 'share', ({ retainedSize }) => retainedSize / snapshot.totalSize],
    ['Made at', 'place', ({ location }) => location],
  ];
  const told = hasGraph ? columns : columns.filter(([title]) => !['Distance', 'Retained', 'Of heap'].includes(title));
  await printList(line, classes, told, 'No class.');
  return EXIT.nothing;
}

module.exports = { run };
