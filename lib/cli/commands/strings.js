// @ts-check
'use strict';

const { EXIT } = require('../failure.js');
const { printList } = require('../show.js');

/** @param {import('../line.js').Line} line */
async function run(line) {
  const snapshot = await line.openFirst();
  await printList(line, snapshot.duplicateStrings(line.window), [
    ['Text', 'name', ({ value }) => value],
    ['Count', 'count', ({ count }) => count],
    ['Shallow', 'size', ({ shallowSize }) => shallowSize],
    ['Wasted', 'size', ({ wastedSize }) => wastedSize],
    ['First', 'id', ({ ids }) => ids[0]],
  ], 'No text is held twice.');
  return EXIT.nothing;
}

module.exports = { run };
