'use strict';
// Leaks closure-context, 1 per round.
// Each new thing keeps the last one, by a function that nobody calls.

const load = require('../load.cjs');

let theThing = null;

function replaceThing(number) { // leak
  const originalThing = theThing;
  const unused = function () {
    if (originalThing) console.log('hi');
  };
  theThing = {
    longStr: load.text(number, 4000),
    someMethod: function () { // leak
      return number;
    },
  };
  return unused;
}

exports.round = async (number) => void replaceThing(number);
