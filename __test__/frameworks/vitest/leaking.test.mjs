// Every test here must fail.
import { expect, test } from 'vitest';
import leaking from '../subjects/leaking.cjs';

const { listener, mapEntry, instances } = leaking;

test('listener', () => expect(listener).toHaveNoLeak());
test('map entry', () => expect(mapEntry).toHaveNoLeak());
test('instances', () => expect(instances).toHaveNoLeak({ unit: 'request' }));
test('not', () => expect(() => {}).not.toHaveNoLeak());
