// Leaks handles or listeners, 1 per round.
// A channel for every job, one end of which goes to a worker; nobody closes them.

import { once } from 'node:events';
import { MessageChannel, Worker } from 'node:worker_threads';
import load from '../load.cjs';

const worker = new Worker(
  `const { parentPort } = require('node:worker_threads');
   parentPort.on('message', ({ port, text }) => port.postMessage(text.length));`,
  { eval: true },
);
await once(worker, 'online');

export const round = async (number) => {
  const { port1, port2 } = new MessageChannel();
  const job = { number, text: load.text(number) };
  const done = new Promise((resolve) => port1.on('message', (length) => resolve((job.length = length)))); // leak
  worker.postMessage({ port: port2, text: job.text }, [port2]);
  await done;
};
