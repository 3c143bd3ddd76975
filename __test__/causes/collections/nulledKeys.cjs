'use strict';
// A cache that forgets its values and keeps their keys.

const localCache = {};
let number = 0;

function setLocalCache(key, value) {
  localCache[key] = value;
  setTimeout(() => (localCache[key] = null), 1);
}

exports.round = () => {
  const key = 'test:'.repeat(50) + number++;
  setLocalCache(key, { text: key });
};
exports.settle = () => new Promise((resolve) => setTimeout(resolve, 100));
