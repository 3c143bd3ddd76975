'use strict';
// Leaks unbounded-collection, 1 per round.
// Templates compiled with the data in their source, and kept by it.

const Handlebars = require('handlebars');

const compiled = new Map();

function render(source, data) { // leak
  let template = compiled.get(source);
  if (!template) {
    template = Handlebars.compile(source);
    compiled.set(source, template);
  }
  return template(data);
}

exports.round = async (number) => render(`<h1>Order ${number}</h1><p>{{name}}</p>`, { name: `user ${number}` });
