'use strict';
// Leaks sliced-strings, 1 per round.
// The id of every document is kept: a slice of the document.

const load = require('../load.cjs');

const seen = [];

function parse(document) { // leak
  const id = document.slice(0, 16);
  seen.push(id);
  return id.length;
}

exports.round = async (number) => {
  const document = Buffer.from(`${String(number).padStart(16, '0')} ${load.text(number, 8000)}`).toString('latin1');
  return parse(document);
};
