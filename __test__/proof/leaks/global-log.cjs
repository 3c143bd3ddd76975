'use strict';
// Leaks unbounded-collection, 1 per round.
// A global array of lines.

globalThis.requestLog = [];

function log(line) {
  requestLog.push(line);
}

exports.round = async (number) => log(`${new Date(number).toISOString()} GET /users/${number} 200`);
