// Every test here must pass.
import { expect, use } from 'chai';
import leakscan from 'leakscan/chai';
import subjects from '../subjects/healthy.cjs';
import healthy from '../subjects/isolated.mjs';
import leaking from '../subjects/leaking.cjs';

use(leakscan);

for (const [name, make] of Object.entries(subjects)) {
  it(name, async () => {
    const work = await make();
    try {
      await expect(work).to.haveNoLeak();
    } finally {
      work.close?.();
    }
  });
}

it('isolated', () => expect(healthy).to.haveNoLeak({ isolate: true }));
it('not', () => expect(leaking.closures).not.to.haveNoLeak());
