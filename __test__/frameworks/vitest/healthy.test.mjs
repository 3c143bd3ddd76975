// Every test here must pass.
import { expect, test } from 'vitest';
import subjects from '../subjects/healthy.cjs';
import healthy from '../subjects/isolated.mjs';
import leaking from '../subjects/leaking.cjs';

test.each(Object.keys(subjects))('%s', async (name) => {
  const work = await subjects[name]();
  try {
    await expect(work).toHaveNoLeak();
  } finally {
    work.close?.();
  }
});

test('isolated', () => expect(healthy).toHaveNoLeak({ isolate: true }));
test('not', () => expect(leaking.closures).not.toHaveNoLeak());
