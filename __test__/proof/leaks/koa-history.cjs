'use strict';
// Leaks unbounded-collection, 1 per round.
// A list that the application has put on Koa's context, so that it hangs on an object of the package.

const Koa = require('koa');
const load = require('../load.cjs');

const app = new Koa();
app.context.history = [];
app.use(async (context) => { // leak
  context.history.push({ path: context.path, at: Date.now(), agent: context.get('user-agent') });
  context.body = 'ok';
});

let port;
exports.round = async (number) => {
  port ??= await load.listen(app.callback());
  await load.request(port, `/page/${number}`);
};
