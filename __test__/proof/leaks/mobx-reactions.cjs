'use strict';
// Leaks listeners or unbounded-collection, 1 per round.
// A reaction of MobX per request on the one store of the process, never disposed of.

const { autorun, observable } = require('mobx');
const load = require('../load.cjs');

const settings = observable({ theme: 'light' });

function render(number) {
  const page = { html: load.text(number), theme: '' };
  autorun(() => { // leak
    page.theme = settings.theme;
  });
  return page.html.length;
}

exports.round = async (number) => render(number);
