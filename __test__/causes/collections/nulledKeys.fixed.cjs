'use strict';
// The same cache, which deletes: once as an object, once as a WeakMap that lives as long as its keys.

const localCache = {};
const weakCache = new WeakMap();
let number = 0;

function setLocalCache(key, value) {
  localCache[key] = value;
  setTimeout(() => delete localCache[key], 1);
  let wrapped = new Object(key);
  weakCache.set(wrapped, value);
  setTimeout(() => {
    weakCache.delete(wrapped);
    wrapped = null;
  }, 1);
}

exports.round = () => {
  const key = 'test:'.repeat(50) + number++;
  setLocalCache(key, { text: key });
};
exports.settle = () => new Promise((resolve) => setTimeout(resolve, 100));
