'use strict';
// Healthy.
// A client that numbers its messages, and has who waits for an answer under the number until it comes: V8 keeps room for more.

const waiting = {};
let last = 0;

function send(text) {
  const number = ++last;
  return new Promise((resolve) => {
    waiting[number] = resolve;
    setImmediate(() => answer(number, text.length));
  });
}

function answer(number, result) {
  waiting[number](result);
  delete waiting[number];
}

exports.round = (number) => send(`message ${number}`);
