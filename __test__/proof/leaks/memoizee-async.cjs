'use strict';
// Leaks unbounded-collection, 1 per round.
// memoizee with promises and primitive keys, without a bound.

const memoize = require('memoizee');
const load = require('../load.cjs');

const fetchUser = memoize(async (id) => ({ id, name: `user ${id}`, bio: load.text(id) }), { promise: true, primitive: true });

exports.round = async (number) => (await fetchUser(`user-${number}`)).name;
