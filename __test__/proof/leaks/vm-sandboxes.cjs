'use strict';
// Leaks detached-context, 1 per round.
// Rounds: 5 + 20.
// A sandbox for every script of a user, all kept to look at their globals later.

const vm = require('node:vm');

const sandboxes = [];

function evaluate(script) { // leak
  const sandbox = vm.createContext({ console: undefined });
  sandboxes.push(sandbox);
  return vm.runInContext(script, sandbox);
}

exports.round = async (number) => evaluate(`var n = ${number}; var f = function () { return n; }; f()`);
