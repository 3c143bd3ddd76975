// @ts-check
'use strict';

/** What {@link ./analyst.js} starts: answers one question after the other, with what it has open. */

const { parentPort, workerData } = require('node:worker_threads');
const { Desk } = require('./desk.js');
const { described } = require('./failure.js');

const port = /** @type {import('node:worker_threads').MessagePort} */ (parentPort);
const desk = new Desk(workerData);
/** Questions that wait or are being answered. @type {Map<number, AbortController>} */
const open = new Map();
let last = Promise.resolve();

port.on('message', ({ id, question, args }) => {
  if (question === 'cancel') return open.get(id)?.abort();
  const controller = new AbortController();
  open.set(id, controller);
  last = last.then(async () => {
    try {
      controller.signal.throwIfAborted();
      port.postMessage({ id, json: await desk.answer(question, args, { signal: controller.signal }) });
    } catch (error) {
      port.postMessage({ id, failure: described(error) });
    } finally {
      open.delete(id);
    }
  });
});
