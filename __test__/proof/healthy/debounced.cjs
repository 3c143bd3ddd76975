'use strict';
// Healthy.
// Changes of documents are saved some milliseconds after the last one; drafts go when they are saved.

const load = require('../load.cjs');

const timers = new Map();
const drafts = {};
let saved = 0;

function change(id, text) {
  drafts[id] = { text, at: Date.now() };
  clearTimeout(timers.get(id));
  timers.set(
    id,
    setTimeout(() => {
      saved += drafts[id].text.length;
      delete drafts[id];
      timers.delete(id);
    }, 15),
  );
}

exports.round = async (number) => {
  for (let at = 0; at < 5; at++) change(`document-${number}-${at % 3}`, load.text(number));
  if (number % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 20));
};
exports.settle = () => new Promise((resolve) => setTimeout(resolve, 60));
