'use strict';
// Leaks unbounded-collection, 1 per round.
// The cache of pug, filled under a new file name for every page.

const pug = require('pug');
const load = require('../load.cjs');

exports.round = async (number) =>
  pug.render('h1= title', { title: load.text(number, 100), cache: true, filename: `/pages/${number}.pug` });
