'use strict';
// Leaks unbounded-collection, 1 per round.
// A function memoized by lodash, called with something new every time.

const _ = require('lodash');
const load = require('../load.cjs');

const render = _.memoize((url) => load.text(url));

exports.round = async (number) => render(`https://example.org/articles/${number}?utm=${number}`).length;
