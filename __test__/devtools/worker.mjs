// One thread of the pool in pool.mjs.

import { parentPort } from 'node:worker_threads';
import { judge } from './devtools.mjs';

parentPort.on('message', async ({ pairs, options }) => {
  try {
    const verdicts = [];
    for (const { before, after } of pairs) verdicts.push(await judge(before, after, options));
    parentPort.postMessage({ verdicts });
  } catch (error) {
    parentPort.postMessage({ error });
  }
});
