'use strict';
// Every test here must fail.
const { test } = require('node:test');
const { assertNoLeak } = require('leakscan/assert');
const { listener, mapEntry, instances } = require('../subjects/leaking.cjs');

test('listener', () => assertNoLeak(listener));
test('map entry', () => assertNoLeak(mapEntry));
test('instances', () => assertNoLeak(instances, { unit: 'request' }));
