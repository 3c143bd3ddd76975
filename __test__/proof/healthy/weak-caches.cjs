'use strict';
// Healthy.
// WeakMaps by request, a cache of WeakRefs that is cleaned when the values go.

const load = require('../load.cjs');

const meta = new WeakMap();
const cache = new Map();
const gone = new FinalizationRegistry((key) => {
  if (cache.get(key)?.deref() === undefined) cache.delete(key);
});

exports.round = async (number) => {
  const request = { number, text: load.text(number) };
  meta.set(request, { at: Date.now(), text: load.text(number) });
  const key = `/documents/${number}`;
  cache.set(key, new WeakRef(request));
  gone.register(request, key);
};
exports.settle = async () => {
  for (let turn = 0; turn < 5; turn++) {
    global.gc();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
};
