'use strict';
// Every test here must pass.
const { test } = require('node:test');
const { assertNoLeak } = require('leakscan/assert');

for (const [name, make] of Object.entries(require('../subjects/healthy.cjs'))) {
  test(name, async () => {
    const work = await make();
    try {
      await assertNoLeak(work);
    } finally {
      work.close?.();
    }
  });
}

test('isolated', () => assertNoLeak(require.resolve('../subjects/isolated.mjs'), { isolate: true }));
