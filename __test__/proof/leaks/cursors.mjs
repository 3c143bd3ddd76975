// Leaks unbounded-collection, 1 per round.
// Generators that were begun and not finished, kept by the number of the page that they would give next.

import load from '../load.cjs';

const cursors = {};

function* pages(query) {
  for (let page = 0; page < 10; page++) yield `${query.text}\n${page}`;
}

const open = (number) => { // leak
  const cursor = pages({ number, text: load.text(number) });
  cursors[`cursor-${number.toString(36)}`] = cursor;
  return cursor.next().value;
};

export const round = async (number) => open(number).length;
