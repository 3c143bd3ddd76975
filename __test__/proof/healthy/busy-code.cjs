'use strict';
// Healthy.
// Ordinary work that the compiler optimises on the way: objects of many shapes, regular expressions, errors, clones, dates.

const _ = require('lodash');
const moment = require('moment');
const load = require('../load.cjs');

const handlers = Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`h${at}`, (value) => ({ [`p${at}`]: value, at })]));
let total = 0;

exports.round = async (number) => {
  const shaped = handlers[`h${number % 40}`](number);
  const cloned = structuredClone({ shaped, text: load.text(number) });
  const grouped = _.groupBy(Array.from({ length: 50 }, (_, at) => ({ at, key: at % 7 })), 'key');
  const words = cloned.text.match(new RegExp(`document ${number % 11}\\w*`, 'g'));
  try {
    JSON.parse(`${number}}`);
  } catch (error) {
    total += error.stack.length;
  }
  total += Object.keys(grouped).length + (words?.length ?? 0) + moment(number * 1000).format('YYYY-MM-DD').length;
  total += new Intl.NumberFormat('en').format(number).length;
};
