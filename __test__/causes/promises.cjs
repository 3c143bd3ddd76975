'use strict';
// What waits for promises that never settle, and what waits for promises that do.

const { body, run } = require('./rounds.cjs');

const shutdown = new Promise(() => {});

class Connection {
  constructor() {
    this.waiting = [];
    this.closed = new Promise((resolve) => {
      this.close = resolve;
    });
  }
  /** Answers that never come. */
  answer() {
    return new Promise((resolve) => this.waiting.push(resolve));
  }
}
const connection = new Connection();

/** The race is over at once; what it leaves at `shutdown` is not. */
async function race(number) { // leak: race
  const text = body(number);
  await Promise.race([shutdown, Promise.resolve({ text })]);
}

async function untilClosed(number) { // leak: call
  const text = body(number);
  await connection.closed;
  return text;
}

function then(number) {
  const text = body(number);
  connection.closed.then(() => text.length); // leak: then
}

/** Each waits for a promise of its own. */
async function ask(number) { // leak: own
  const text = body(number);
  await connection.answer();
  return text;
}

async function* lines(number) { // leak: generator
  const text = body(number);
  yield text.length;
  await shutdown;
  yield text;
}

async function read(number) {
  for await (const line of lines(number)) if (line === number) return;
}

/** A gate that lets four through: who waits is let in. */
class Gate {
  constructor(places) {
    this.places = places;
    this.waiting = [];
  }
  async enter() {
    if (this.places === 0) await new Promise((resolve) => this.waiting.push(resolve));
    else this.places--;
  }
  leave() {
    const next = this.waiting.shift();
    if (next) next();
    else this.places++;
  }
}
const gate = new Gate(4);
const recent = [];
// A constant number waits for the end.
const drained = new Promise(() => {});
async function worker(number) {
  const text = body(number);
  await drained;
  return text;
}
for (let number = 0; number < 60; number++) worker(number);

async function job(number) {
  const text = body(number);
  await gate.enter();
  await new Promise(setImmediate);
  gate.leave();
  return text;
}

async function healthy(number) {
  const text = body(number);
  // As many under way in every snapshot, but others: thirty jobs at four places take some turns.
  for (let part = 0; part < 30; part++) job(number * 30 + part);
  await Promise.race([new Promise((resolve) => setImmediate(resolve, text)), Promise.resolve(text)]);
  await Promise.all([job(number), Promise.resolve(text)]);
  let chain = Promise.resolve(text);
  for (let link = 0; link < 50; link++) chain = chain.then((value) => value);
  // Settled promises that are kept, a bounded number of them.
  recent.push(chain);
  if (recent.length > 10) recent.shift();
  await chain;
}

run({
  race,
  call: (number) => void untilClosed(number),
  then,
  own: (number) => void ask(number),
  generator: (number) => void read(number),
  healthy,
});
