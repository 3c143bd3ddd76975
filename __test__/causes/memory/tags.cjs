'use strict';
// Eight hundred rooms that are there from the beginning; every round decodes the tags of five of them, always the same words.

const rooms = { list: Array.from({ length: 800 }, (_, number) => ({ number, tags: null })) };
const TAGS = JSON.stringify(['quiet', 'bright', 'large', 'warm'].map((word) => `${word} rooms are on the first floor of the house`));
let number = 0;

exports.round = () => {
  for (let i = 0; i < 5; i++, number++) rooms.list[number].tags = JSON.parse(TAGS);
};
exports.rooms = rooms;
