'use strict';
// Ten leaks, each as work that leaves something behind (and returns it, for tools that ask for an object), and two kinds of work
// that grow memory once and leak nothing.

const { EventEmitter } = require('node:events');

let number = 0;
const text = (length) => `${number++} `.repeat(length);
class Session {
  token = text(3);
}

const client = new EventEmitter().setMaxListeners(0);
const intervals = [];
const cache = new Map();
const sessions = [];
const callbacks = [];
const never = new Promise(() => {});
const controller = new AbortController();
const bodies = [];
const titles = [];
const visits = [];
const names = {};
const lru = new Map();
let table;

/** @type {Record<string, { culprit: RegExp | null, work: () => unknown }>} */
module.exports = {
  'a listener on an emitter that lives on': { culprit: /listener|EventEmitter/, work: () => add(client, 'on') },
  'an interval that nobody clears': { culprit: /[Ii]nterval|Timeout/, work: () => setInterval(() => intervals.length, 60_000).unref() },
  'a Map without a bound': { culprit: /cache|Map/, work: () => put(cache, { seen: [number++] }) },
  'objects in a list': { culprit: /sessions|Session/, work: () => push(sessions, new Session()) },
  'closures in a list': { culprit: /callbacks|closure/, work: () => push(callbacks, closure(text(50))) },
  'handlers of a promise that never settles': { culprit: /[Pp]romise|reaction/, work: () => wait({ body: text(20) }) },
  'listeners of an AbortSignal': { culprit: /AbortSignal|listener/, work: () => abortable() },
  'Buffers in a list': { culprit: /bodies|Buffer/, work: () => push(bodies, Buffer.alloc(10_000)) },
  'pieces of long strings': { culprit: /titles|slice|string/, work: () => push(titles, text(2000).slice(10, 40)) },
  'one object in every third round': { culprit: /visits|Session/, work: () => (number++ % 3 ? undefined : push(visits, new Session())) },
  'healthy: a cache that fills up': { culprit: null, work: () => bounded(lru, 15) },
  'healthy: a table that is made when it is needed first': { culprit: null, work: () => void (table ??= Array.from({ length: 5000 }, (_, at) => ({ at }))) },
};

function add(emitter) {
  const listener = () => names;
  emitter.on('error', listener);
  return listener;
}
function put(map, value) {
  map.set(`user ${number++}`, value);
  return value;
}
function push(list, value) {
  list.push(value);
  return value;
}
const closure = (body) => () => body.length;
function wait(request) {
  never.then(() => request.body);
  return request;
}
function abortable() {
  const listener = () => names;
  controller.signal.addEventListener('abort', listener);
  return listener;
}
function bounded(map, most) {
  map.set(number, { text: text(20) });
  if (map.size > most) map.delete(map.keys().next().value);
}
