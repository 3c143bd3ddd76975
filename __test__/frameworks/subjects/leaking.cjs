'use strict';
// Work that leaks a known number of things in every round.

const { EventEmitter } = require('node:events');

/** Listeners on an emitter that lives on. */
const client = new EventEmitter().setMaxListeners(0);
function listener() {
  client.on('error', () => undefined); // leak: listener
}

/** An interval that nobody clears. */
const intervals = [];
function interval() {
  setInterval(() => intervals.length, 60_000).unref(); // leak: interval
}

/** A cache without a bound. */
const cache = new Map();
let number = 0;
function mapEntry() {
  cache.set(`user:${number++}`, { seen: [number] });
}

/** Objects of a class, in a list that is never cleaned. */
class Session {
  constructor() {
    this.token = `token ${number++}`;
  }
}
const sessions = [];
function instances() {
  sessions.push(new Session(), new Session());
}

/** A list of closures. */
const callbacks = [];
function closures() {
  const body = `body ${number++} `.repeat(100);
  callbacks.push(() => body.length);
}

/** Not in every round. */
const visits = [];
let turn = 0;
function everyThird() {
  if (turn++ % 3 === 0) visits.push(new Session());
}

module.exports = { listener, interval, mapEntry, instances, closures, everyThird, Session };
