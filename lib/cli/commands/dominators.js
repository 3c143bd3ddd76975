// @ts-check
'use strict';

const { EXIT } = require('../failure.js');
const { NODE_COLUMNS } = require('../nodes.js');
const { readId } = require('../parse.js');
const { printList } = require('../show.js');

/** @param {import('../line.js').Line} line */
async function run(line) {
  const id = readId(line.args[1] ?? '@1');
  const snapshot = await line.openFirst();
  const dominated = snapshot.dominated(id, { sortBy: line.flags.sort, ...line.window });
  await printList(line, dominated, NODE_COLUMNS, 'Nothing else would be freed with it.');
  return EXIT.nothing;
}

module.exports = { run };
