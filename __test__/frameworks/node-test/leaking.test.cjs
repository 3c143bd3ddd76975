'use strict';
// Every test here must fail.
const { test } = require('node:test');
const { assertNoLeak } = require('leakscan/assert');
const { listener, mapEntry, instances, everyThird } = require('../subjects/leaking.cjs');
const { throws, rejects, neverSettles, leaks2GB } = require('../subjects/bad.cjs');

test('listener', () => assertNoLeak(listener));
test('map entry', () => assertNoLeak(mapEntry));
test('instances', () => assertNoLeak(instances, { unit: 'request' }));
test('every third round', () => assertNoLeak(everyThird));
test('throws', () => assertNoLeak(throws));
test('rejects', () => assertNoLeak(rejects));
test('never settles', () => assertNoLeak(neverSettles, { timeout: 300 }));
test('leaks 2 GB', () => assertNoLeak(leaks2GB));
test('isolated', () => assertNoLeak(require.resolve('../subjects/isolated.mjs'), { isolate: true, export: 'leaking' }));
