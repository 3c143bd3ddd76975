'use strict';
// Healthy: modules, templates and clients that are made when they are first needed.

const clients = new Map();
const templates = {};
const names = ['zlib', 'readline', 'repl', 'dgram', 'dns', 'cluster', 'https', 'http2', 'tls', 'vm', 'wasi', 'inspector'];
const weak = new WeakMap();
let number = 0;

exports.round = () => {
  const name = names[number % names.length];
  if (!clients.has(name)) clients.set(name, { name, module: require(`node:${name}`) });
  templates[`template-${number % 40}`] ??= { text: `text ${number}` };
  weak.set({ number: number++ }, { text: 'gone with its key' });
};
