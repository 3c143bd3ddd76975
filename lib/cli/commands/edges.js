// @ts-check
'use strict';

const { EXIT } = require('../failure.js');
const { edgeColumns } = require('../nodes.js');
const { readId } = require('../parse.js');
const { printList } = require('../show.js');

/** @param {import('../line.js').Line} line */
async function run(line) {
  const id = readId(line.args[1] ?? '@1');
  const snapshot = await line.openFirst();
  await printList(line, snapshot.edges(id, line.window), edgeColumns('Edge', 'To'), 'It refers to nothing.');
  return EXIT.nothing;
}

module.exports = { run };
