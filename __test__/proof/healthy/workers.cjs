'use strict';
// Healthy.
// Two worker threads, with messages there and back.
// Rounds: 40 + 60.

const { Worker } = require('node:worker_threads');
const { once } = require('node:events');
const load = require('../load.cjs');

const source = "require('node:worker_threads').parentPort.on('message', function (text) { this.postMessage(text.length); })";
const pool = [new Worker(source, { eval: true }), new Worker(source, { eval: true })];

exports.round = async (number) => {
  const worker = pool[number % 2];
  worker.postMessage(load.text(number));
  await once(worker, 'message');
};
