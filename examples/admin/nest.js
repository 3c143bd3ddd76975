// Nest (on Express) with the admin endpoint in it: LEAKSCAN_TOKEN=$(openssl rand -base64 24) node examples/admin/nest.js
// What is written with decorators in TypeScript is called here by hand.
'use strict';

require('reflect-metadata');
const { Controller, Get, Module } = require('@nestjs/common');
const { NestFactory } = require('@nestjs/core');
const { createAdmin } = require('leakscan/admin');

class Greetings {
  greet() {
    return 'hello /greeting';
  }
}
Controller()(Greetings);
Get('greeting')(Greetings.prototype, 'greet', Object.getOwnPropertyDescriptor(Greetings.prototype, 'greet'));

class App {}
Module({ controllers: [Greetings] })(App);

async function main() {
  const admin = createAdmin({ token: process.env.LEAKSCAN_TOKEN });
  const app = await NestFactory.create(App, { logger: ['error'] });
  app.use(admin.express());
  await app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1');
  console.log(`http://127.0.0.1:${app.getHttpServer().address().port}/leakscan/`);
}

main();
