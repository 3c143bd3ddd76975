'use strict';
// Leaks unbounded-collection, 1 per round.
// A variable of the whole program for every order, as old scripts have them.

function remember(order) {
  globalThis[`order_${order.number}`] = order;
}

exports.round = (number) => remember({ number, items: [`item ${number}`] });
