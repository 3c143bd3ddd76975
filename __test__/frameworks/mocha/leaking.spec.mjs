// Every test here must fail.
import { expect, use } from 'chai';
import leakscan from 'leakscan/chai';
import bad from '../subjects/bad.cjs';
import * as isolated from '../subjects/isolated.mjs';
import leaking from '../subjects/leaking.cjs';

use(leakscan);
const { listener, mapEntry, instances, everyThird } = leaking;
const { throws, rejects, neverSettles, leaks2GB } = bad;

it('listener', () => expect(listener).to.haveNoLeak());
it('map entry', () => expect(mapEntry).to.haveNoLeak());
it('instances', () => expect(instances).to.haveNoLeak({ unit: 'request' }));
it('every third round', () => expect(everyThird).to.haveNoLeak());
it('throws', () => expect(throws).to.haveNoLeak());
it('rejects', () => expect(rejects).to.haveNoLeak());
it('never settles', () => expect(neverSettles).to.haveNoLeak({ timeout: 300 }));
it('leaks 2 GB', () => expect(leaks2GB).to.haveNoLeak());
it('isolated', () => expect(isolated.leaking).to.haveNoLeak({ isolate: true }));
it('not', () => expect(() => {}).not.to.haveNoLeak());
