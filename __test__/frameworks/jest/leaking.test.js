// Every test here must fail.
const { listener, mapEntry, instances, everyThird } = require('../subjects/leaking.cjs');
const { throws, rejects, neverSettles, leaks2GB } = require('../subjects/bad.cjs');

test('listener', () => expect(listener).toHaveNoLeak());
test('map entry', () => expect(mapEntry).toHaveNoLeak());
test('instances', () => expect(instances).toHaveNoLeak({ unit: 'request' }));
test('every third round', () => expect(everyThird).toHaveNoLeak());
test('throws', () => expect(throws).toHaveNoLeak());
test('rejects', () => expect(rejects).toHaveNoLeak());
test('never settles', () => expect(neverSettles).toHaveNoLeak({ timeout: 300 }));
test('leaks 2 GB', () => expect(leaks2GB).toHaveNoLeak());
test('isolated', () => expect(require.resolve('../subjects/isolated.mjs')).toHaveNoLeak({ isolate: true, export: 'leaking' }));
test('not', () => expect(() => {}).not.toHaveNoLeak());
