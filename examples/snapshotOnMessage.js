'use strict';

// Preloaded into a service (`--require examples/snapshotOnMessage.js`): its parent process can ask for heap snapshots,
// and the service itself stays as it is in production.

const v8 = require('node:v8');

process.on('message', (message) => {
  // V8 collects garbage before it writes, so what is in the file is what is reachable.
  if (message.snapshot) process.send({ snapshot: v8.writeHeapSnapshot(message.snapshot) });
});

process.on('disconnect', () => process.exit());
