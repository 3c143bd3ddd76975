'use strict';
// A log in one string, to which every round adds a line and which nobody reads.

let log = '';
let number = 0;

function write(line) {
  log += line;
}

exports.round = () => write(`request number ${number++} was served to somebody somewhere in so many milliseconds\n`);
exports.read = () => log;
