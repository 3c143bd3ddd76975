// Every test here must fail.
import { expect, test } from 'vitest';
import bad from '../subjects/bad.cjs';
import * as isolated from '../subjects/isolated.mjs';
import leaking from '../subjects/leaking.cjs';

const { listener, mapEntry, instances, everyThird } = leaking;
const { throws, rejects, neverSettles, leaks2GB } = bad;

test('listener', () => expect(listener).toHaveNoLeak());
test('map entry', () => expect(mapEntry).toHaveNoLeak());
test('instances', () => expect(instances).toHaveNoLeak({ unit: 'request' }));
test('every third round', () => expect(everyThird).toHaveNoLeak());
test('throws', () => expect(throws).toHaveNoLeak());
test('rejects', () => expect(rejects).toHaveNoLeak());
test('never settles', () => expect(neverSettles).toHaveNoLeak({ timeout: 300 }));
test('leaks 2 GB', () => expect(leaks2GB).toHaveNoLeak());
test('isolated', () => expect(isolated.leaking).toHaveNoLeak({ isolate: true }));
test('not', () => expect(() => {}).not.toHaveNoLeak());
