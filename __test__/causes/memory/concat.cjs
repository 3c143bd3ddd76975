'use strict';
// One Buffer that every round makes longer.

let received = Buffer.alloc(30_000);
let number = 0;

function receive(chunk) {
  received = Buffer.concat([received, chunk]);
}

exports.round = () => receive(Buffer.alloc(20_000, number++));
exports.length = () => received.length;
