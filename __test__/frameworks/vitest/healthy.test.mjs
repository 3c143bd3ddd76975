// Every test here must pass.
import { expect, test } from 'vitest';
import subjects from '../subjects/healthy.cjs';
import leaking from '../subjects/leaking.cjs';

test.each(Object.keys(subjects))('%s', async (name) => {
  const work = await subjects[name]();
  try {
    await expect(work).toHaveNoLeak();
  } finally {
    work.close?.();
  }
});

test('not', () => expect(leaking.closures).not.toHaveNoLeak());
