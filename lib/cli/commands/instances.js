// @ts-check
'use strict';

const { EXIT } = require('../failure.js');
const { NODE_COLUMNS } = require('../nodes.js');
const { printList } = require('../show.js');

/** @param {import('../line.js').Line} line */
async function run(line) {
  const snapshot = await line.openFirst();
  const instances = snapshot.instances(line.args[1], { sortBy: line.flags.sort, ...line.window });
  await printList(line, instances, NODE_COLUMNS, 'No object of this class.');
  return EXIT.nothing;
}

module.exports = { run };
