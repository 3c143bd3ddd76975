'use strict';
// Leaks unbounded-collection, 1 per round.
// Pages of a database as templates of nunjucks, each under a name that has its revision in it.

const nunjucks = require('nunjucks');
const load = require('../load.cjs');

const Pages = nunjucks.Loader.extend({
  getSource: (name) => ({ src: `{{ title }} ${load.text(name, 400)}`, path: name, noCache: false }),
});
const templates = new nunjucks.Environment(new Pages());

exports.round = async (number) => templates.render(`page@${number}`, { title: 'Hello' }).length;
