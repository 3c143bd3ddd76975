// Every test here must fail.
import { expect, use } from 'chai';
import leakscan from 'leakscan/chai';
import leaking from '../subjects/leaking.cjs';

use(leakscan);
const { listener, mapEntry, instances } = leaking;

it('listener', () => expect(listener).to.haveNoLeak());
it('map entry', () => expect(mapEntry).to.haveNoLeak());
it('instances', () => expect(instances).to.haveNoLeak({ unit: 'request' }));
it('not', () => expect(() => {}).not.to.haveNoLeak());
