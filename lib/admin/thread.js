// @ts-check
'use strict';

/** The program of the thread that answers questions (see `hosts.js`). */

const { parentPort, workerData } = require('node:worker_threads');
const { Desk } = require('./desk.js');
const { described } = require('./failure.js');

const port = /** @type {import('node:worker_threads').MessagePort} */ (parentPort);
const desk = new Desk(workerData);
/** Questions that wait or are being answered. @type {Map<number, AbortController>} */
const open = new Map();

port.on('message', async ({ id, question, args }) => {
  if (question === 'cancel') return open.get(id)?.abort();
  const controller = new AbortController();
  open.set(id, controller);
  try {
    port.postMessage({ id, json: await desk.answer(question, args, { signal: controller.signal }) });
  } catch (error) {
    port.postMessage({ id, failure: described(error) });
  } finally {
    open.delete(id);
  }
});
