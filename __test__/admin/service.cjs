// A service with the endpoint in it, for the tests that end it: `node service.cjs DIRECTORY TOKEN`.
'use strict';

const { createAdmin } = require('../../admin.js');

const [dir, token] = process.argv.slice(2);
// Enough of a heap for a capture to take a while.
globalThis.held = Array.from({ length: 80_000 }, (_, i) => ({ i, name: `object ${i}` }));
const admin = createAdmin({ token, dir, cooldown: 0 });
admin.listen().then(({ url }) => process.send({ url }));
process.on('message', () => process.exit(0));
