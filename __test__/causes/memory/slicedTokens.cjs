'use strict';
// Keeps a piece of every request's body; the piece is a slice, which keeps the body.

const tokens = new Map();
let number = 0;

const body = (number) => Buffer.from(JSON.stringify({ token: `token-of-request-${number}`, rest: 'x'.repeat(20_000) })).toString();

function remember(text) {
  tokens.set(number++, text.slice(10, 40));
}

exports.round = () => remember(body(number));
