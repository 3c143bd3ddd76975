'use strict';
// The same, and the jobs are taken out again.

let first = null;
let last = null;
let number = 0;

function append(value) {
  const link = { value, next: null };
  if (last) last.next = link;
  else first = link;
  last = link;
}

exports.round = () => {
  append(`job ${number++}`);
  if (number > 30) first = first.next;
};
exports.first = () => first;
