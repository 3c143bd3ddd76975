'use strict';
// Leaks unbounded-collection, 5 per round.
// Five rooms, each with a Set of members that nobody leaves.

const load = require('../load.cjs');

const rooms = new Map();

function join(room, member) { // leak
  if (!rooms.has(room)) rooms.set(room, new Set());
  rooms.get(room).add(member);
}

exports.round = async (number) => {
  for (const room of ['a', 'b', 'c', 'd', 'e']) join(room, { number, text: load.text(number, 300) });
};
