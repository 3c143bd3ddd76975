// Every test here must pass.
const subjects = require('../subjects/healthy.cjs');

test.each(Object.keys(subjects))('%s', async (name) => {
  const work = await subjects[name]();
  try {
    await expect(work).toHaveNoLeak();
  } finally {
    work.close?.();
  }
});

test('isolated', () => expect(require.resolve('../subjects/isolated.mjs')).toHaveNoLeak({ isolate: true }));

test('not', () => expect(require('../subjects/leaking.cjs').closures).not.toHaveNoLeak());

test('errors are of this realm', async () => {
  const { assertNoLeak } = require('leakscan/assert');
  const error = await assertNoLeak(require('../subjects/leaking.cjs').interval).catch((thrown) => thrown);
  expect(error).toBeInstanceOf(Error);
  expect(error).toMatchObject({ name: 'AssertionError', code: 'ERR_LEAKSCAN_LEAK' });
});
