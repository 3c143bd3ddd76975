// A service that ends in its first capture, when all is written and nothing has its name yet: `node service.cjs DIRECTORY TOKEN exit|kill`.
'use strict';

const fs = require('node:fs');
const [dir, token, how] = process.argv.slice(2);
fs.renameSync = () => (how === 'kill' ? process.kill(process.pid, 'SIGKILL') : process.exit(0));

const { createAdmin } = require('../../admin.js');
const admin = createAdmin({ token, dir, cooldown: 0 });
admin.listen().then(({ url }) => process.send({ url }));
// Its parent is what keeps it running.
process.on('disconnect', () => process.exit());
