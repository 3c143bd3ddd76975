'use strict';
// Healthy.
// A service that requires modules when they are first asked for, and compiles templates as it goes.

const Handlebars = require('handlebars');
const ejs = require('ejs');
const load = require('../load.cjs');

const lazily = [
  'node:zlib', 'node:dgram', 'node:readline', 'node:tls', 'node:http2', 'koa', 'moment', 'winston', 'rxjs', 'socket.io', 'lodash',
  'graphql', 'axios', 'archiver', 'async', 'ioredis', 'memoizee', 'prom-client',
];
const templates = new Map();

function template(name) {
  if (!templates.has(name)) templates.set(name, Handlebars.compile(`<h1>${name}</h1><p>{{text}}</p>`));
  return templates.get(name);
}

exports.round = async (number) => {
  if (number % 9 === 8 && lazily.length > 0) await import(lazily.pop());
  template(['home', 'about', 'order', 'basket', 'account', 'login', 'imprint'][Math.floor(number / 20) % 7])({ text: load.text(number) });
  ejs.render('<p><%= text %></p>', { text: load.text(number) });
};
