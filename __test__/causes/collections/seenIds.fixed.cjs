'use strict';
// Remembers the ids of two generations of messages.

const GENERATION = 10;

let seen = new Set();
let older = new Set();
let number = 0;

function handle(id) {
  if (seen.has(id) || older.has(id)) return;
  if (seen.size >= GENERATION) {
    older = seen;
    seen = new Set();
  }
  seen.add(id);
}

exports.round = () => handle(`message-${number++}`);
