'use strict';
// Healthy.
// Jobs in an array, a queue of async and a p-queue, all done in the end.

const async = require('async');
const load = require('../load.cjs');

const jobs = [];
const done = async.queue(async (job) => job.text.length, 2);
const pqueue = import('p-queue').then(({ default: PQueue }) => new PQueue({ concurrency: 3 }));

async function worker() {
  for (let job = jobs.shift(); job; job = jobs.shift()) await job();
}

exports.round = async (number) => {
  for (let i = 0; i < 10; i++) jobs.push(async () => load.text(10 * number + i).length);
  await Promise.all([worker(), worker()]);
  done.push([{ text: load.text(number) }, { text: load.text(number) }]);
  await done.drain();
  const queue = await pqueue;
  for (let i = 0; i < 5; i++) queue.add(async () => load.text(i).length);
  await queue.onIdle();
};
