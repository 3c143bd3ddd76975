'use strict';
// Every upload is kept: Buffers, directly in an array.

const uploads = [];
let number = 0;

function receive(bytes) {
  uploads.push(bytes);
}

exports.round = () => receive(Buffer.alloc(10_000, number++));
