'use strict';
// Healthy.
// Functions memoised for as many arguments as there are, or as many as may be.

const _ = require('lodash');
const memoize = require('memoizee');
const load = require('../load.cjs');

const country = _.memoize((code) => ({ code, text: load.text(code) }));
const article = memoize((number) => load.text(number), { max: 40 });

exports.round = async (number) => country(number % 50).text.length + article(number).length;
