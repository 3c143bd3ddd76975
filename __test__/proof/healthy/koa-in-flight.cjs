'use strict';
// Healthy.
// A Koa service that is never idle: there are always eight requests under way, at the snapshots too.

const Koa = require('koa');
const load = require('../load.cjs');

const app = new Koa();
const inFlight = new Map();
let next = 0;
app.use(async (ctx) => {
  const id = ++next;
  inFlight.set(id, { url: ctx.url, text: load.text(id) });
  await new Promise((resolve) => setTimeout(resolve, 5));
  inFlight.delete(id);
  ctx.body = load.text(id);
});
const listening = load.listen(app.callback());
let clients;

async function client(number) {
  const port = await listening;
  for (;;) {
    await load.request(port, `/${number}`);
    number += 8;
  }
}

exports.round = async () => {
  clients ??= Array.from({ length: 8 }, (_, number) => client(number));
  await new Promise((resolve) => setTimeout(resolve, 3));
};
