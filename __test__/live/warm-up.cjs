'use strict';
// Collections on demand, and the memory that every process takes at first.

const v8 = require('node:v8');
const vm = require('node:vm');

v8.setFlagsFromString('--expose-gc');
const gc = vm.runInNewContext('gc');

function warmUp() {
  for (let round = 0; round < 40; round++) {
    global.junk = Array.from({ length: 20_000 }, (_, i) => ({ i, list: [i] }));
    if (round % 4 === 0) gc();
  }
  global.junk = undefined;
}

module.exports = { gc, warmUp };
