// Every test here must fail.
const { listener, mapEntry, instances } = require('../subjects/leaking.cjs');

test('listener', () => expect(listener).toHaveNoLeak());
test('map entry', () => expect(mapEntry).toHaveNoLeak());
test('instances', () => expect(instances).toHaveNoLeak({ unit: 'request' }));
test('not', () => expect(() => {}).not.toHaveNoLeak());
