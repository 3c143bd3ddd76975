'use strict';
// The same, decoded once.

const rooms = { list: Array.from({ length: 800 }, (_, number) => ({ number, tags: null })) };
const TAGS = ['quiet', 'bright', 'large', 'warm'].map((word) => `${word} rooms are on the first floor of the house`);
let number = 0;

exports.round = () => {
  for (let i = 0; i < 5; i++, number++) rooms.list[number].tags = TAGS;
};
exports.rooms = rooms;
