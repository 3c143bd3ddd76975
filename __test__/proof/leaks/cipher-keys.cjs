'use strict';
// Leaks unbounded-collection, 1 per round.
// The key of every visitor, derived once and kept in a property of the function that derives it.

const crypto = require('node:crypto');

function keyOf(visitor) {
  return (keyOf.known[visitor] ??= crypto.createSecretKey(crypto.createHash('sha256').update(visitor).digest())); // leak
}
keyOf.known = Object.create(null);

exports.round = async (number) => {
  const visitor = crypto.createHash('md5').update(String(number)).digest('hex');
  return crypto.createHmac('sha256', keyOf(visitor)).update('hello').digest('base64');
};
