// @ts-check
'use strict';

const { EXIT } = require('../failure.js');
const { NODE_COLUMNS } = require('../nodes.js');
const { printList } = require('../show.js');

/** @param {import('../line.js').Line} line */
async function run(line) {
  const { sort: sortBy, 'allocated-after': after, 'allocated-until': until } = line.flags;
  const where = line.args.slice(1).join(' ');
  const snapshot = await line.openFirst();
  const [allocatedAfter] = after === undefined ? [] : await line.open([after]);
  const [allocatedUntil] = until === undefined ? [] : await line.open([until]);
  const found = snapshot.find({ where, sortBy, allocatedAfter, allocatedUntil, ...line.window });
  await printList(line, found, NODE_COLUMNS, 'No object is like that.');
  return EXIT.nothing;
}

module.exports = { run };
