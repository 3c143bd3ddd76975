'use strict';
// Healthy.
// Pages rendered in jsdom, whose windows are closed.
// Rounds: 5 + 15.

const { JSDOM } = require('jsdom');
const load = require('../load.cjs');

exports.round = async (number) => {
  const page = new JSDOM(`<p>${load.text(number)}</p>`);
  const { length } = page.window.document.querySelector('p').textContent;
  page.window.close();
  return length;
};
