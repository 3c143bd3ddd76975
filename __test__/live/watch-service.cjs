'use strict';
// A service under load, watched: `watch-service.cjs PROGRAM LOAD MOST`. The program is one of ../proof or of services/, whose rounds
// are requests; LOAD of them are sent at a time, over and over, with a major collection after each lot, until the watch calls a leak
// or MOST collections are over. Prints what was heard. A lot takes 50 ms by the watch's clock, however fast the machine is.

const path = require('node:path');
const { pathToFileURL } = require('node:url');
const { watch } = require('../..');
const { gc, warmUp } = require('./warm-up.cjs');

const [, , program, load, most] = process.argv;
const LOT_MS = 50;
let now = 0;
performance.now = () => now;
// Leaking listeners are the matter, and no news.
process.removeAllListeners('warning').on('warning', () => {});

(async () => {
  const { round } = await import(pathToFileURL(path.resolve(__dirname, program)).href);
  let number = 0;
  const lot = async () => {
    await Promise.all(Array.from({ length: Number(load) }, () => round(number++)));
    now += LOT_MS;
    gc();
    await new Promise((resolve) => setTimeout(resolve, 10));
  };
  warmUp();
  for (let i = 0; i < 10; i++) await lot();

  const watcher = watch({ interval: 60, minDuration: 24 * LOT_MS, warmUp: 4 * LOT_MS });
  const heard = [];
  let collections = 0;
  for (const event of ['growth', 'leak']) watcher.on(event, ({ kind, text, also }) => heard.push({ event, kind, text, also, collections }));
  watcher.on('sample', ({ afterGc }) => (collections += Number(afterGc)));
  while (collections < Number(most) && !heard.some(({ event }) => event === 'leak')) await lot();
  console.log(JSON.stringify({ heard, collections, verdicts: watcher.verdicts() }));
  process.exit();
})();
