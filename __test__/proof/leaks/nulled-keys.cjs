'use strict';
// Leaks stale-keys, 5 per round.
// A cache that sets the value to null when its time is over, and keeps the key.

const localCache = {};

function setLocalCache(key, value) { // leak
  localCache[key] = value;
  setTimeout(() => {
    localCache[key] = null;
  }, 5);
}

const prefix = 'test:'.repeat(48);

exports.round = async (number) => {
  for (let i = 0; i < 5; i++) {
    const key = prefix + (5 * number + i).toString();
    setLocalCache(key, key);
  }
  await new Promise((resolve) => setTimeout(resolve, 1));
};
