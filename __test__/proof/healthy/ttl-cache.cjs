'use strict';
// Healthy.
// What is put into these caches goes by itself after some ten milliseconds.

const NodeCache = require('node-cache');
const memoize = require('memoizee');
const load = require('../load.cjs');

const own = new Map();
const cache = new NodeCache({ stdTTL: 0.03, checkperiod: 0.05, useClones: false });
const article = memoize((number) => load.text(number), { maxAge: 30, primitive: true });

exports.round = async (number) => {
  own.set(`key ${number}`, load.text(number));
  setTimeout(() => own.delete(`key ${number}`), 20);
  cache.set(`key ${number}`, load.text(number));
  await new Promise((resolve) => setTimeout(resolve, 1));
  return article(number).length;
};
exports.settle = () => new Promise((resolve) => setTimeout(resolve, 150));
