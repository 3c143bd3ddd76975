'use strict';
// Leaks unbounded-collection, 1 per round.
// The cache of ejs, filled under a new file name for every page.

const ejs = require('ejs');

exports.round = async (number) => // leak
  ejs.render('<h1><%= title %></h1>', { title: `page ${number}` }, { cache: true, filename: `/pages/${number}.ejs` });
