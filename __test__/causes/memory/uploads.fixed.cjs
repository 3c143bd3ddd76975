'use strict';
// The last twenty uploads only, and one table that is made once, late.

const uploads = [];
let table;
let number = 0;

function receive(bytes) {
  uploads.push(bytes);
  if (uploads.length > 20) uploads.shift();
}

exports.round = () => {
  receive(Buffer.alloc(10_000, number++));
  if (number === 100) table = new Float64Array(1_000_000);
};
exports.table = () => table;
