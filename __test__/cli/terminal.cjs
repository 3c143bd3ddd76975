'use strict';
// Preloaded into the command line (`node --require`): makes its streams look like terminals, so that what is shown on one
// can be tested where there is none. FAKE_TERMINAL lists the streams.

for (const name of (process.env.FAKE_TERMINAL ?? '').split(',').filter(Boolean)) {
  Object.defineProperty(process[name], 'isTTY', { value: true });
  Object.defineProperty(process[name], 'columns', { value: 80 });
}

// What was loaded, for the test of the cold start.
if (process.env.LIST_MODULES) {
  process.on('exit', () => process.stderr.write(JSON.stringify(Object.keys(require.cache))));
}
