'use strict';
// Healthy.
// Templates are compiled when they are first asked for, until all are.

const handlebars = require('handlebars');
const pug = require('pug');
const load = require('../load.cjs');

const compiled = new Map();

function template(name) {
  if (!compiled.has(name)) {
    const parts = load.text(name, 200).split(' ').map((word) => `<i>{{ title }} ${word}</i>`);
    compiled.set(name, handlebars.compile(parts.join('')));
  }
  return compiled.get(name);
}

exports.round = async (number) => {
  const page = template(`page ${number % 45}`)({ title: load.text(number, 50) });
  return page + pug.render('h1= title', { title: page, cache: true, filename: `/views/${number % 40}.pug` });
};
