'use strict';
// Leaks unbounded-collection, 1 per round.
// Who joins a room is never taken out of it: a Set for each user of each room, none of which grows much by itself.

const rooms = new Map();

function join(room, user, socket) { // leak
  if (!rooms.has(room)) rooms.set(room, new Map());
  const users = rooms.get(room);
  if (!users.has(user)) users.set(user, new Set());
  users.get(user).add(socket);
}

exports.round = (number) => join(`room ${number % 4}`, `user ${number % 9}`, { number, isOpen: true });
