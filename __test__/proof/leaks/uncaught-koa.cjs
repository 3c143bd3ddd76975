'use strict';
// Leaks listeners, 1 per round.
// A Koa service that guards each request by a listener of its own on the database client.

const { EventEmitter } = require('node:events');
const Koa = require('koa');
const load = require('../load.cjs');

class Database extends EventEmitter {
  constructor() {
    super();
    this.setMaxListeners(0);
  }

  async find(id) {
    return { id, text: load.text(id) };
  }
}

const database = new Database();
const app = new Koa();
app.use(async (ctx) => {
  const record = await database.find(ctx.query.id);
  database.on('error', (error) => { // leak
    ctx.log = `${record.id}: ${error.message}`;
  });
  ctx.body = record;
});
const listening = load.listen(app.callback());

exports.round = async (number) => load.request(await listening, `/?id=${number}`);
