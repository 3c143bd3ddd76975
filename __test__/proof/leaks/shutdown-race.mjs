// Leaks promise-reactions, 1 per round.
// Every message races with the end of the process; the function stands in an ES module, which uses the promise itself as well.

import { EventEmitter, once } from 'node:events';

const lifecycle = new EventEmitter();
const stopped = once(lifecycle, 'stop').then(() => 'stopped');

async function unlessStopped(work) { // leak
  return Promise.race([work, stopped]); // leak
}

export const round = (number) => unlessStopped(Promise.resolve(number));
