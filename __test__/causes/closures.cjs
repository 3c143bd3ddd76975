'use strict';
// Scopes that are kept for the sake of one function and hold what another one needs; and scopes that are needed.

const { body, run } = require('./rounds.cjs');

let theThing = null;

/** Every call keeps what the one before has left: `unused` and `someMethod` share a scope. */
function replaceThing(number) { // leak: chain
  const originalThing = theThing;
  const unused = () => originalThing && originalThing.text;
  theThing = {
    text: body(number),
    someMethod: () => {},
  };
  return unused;
}

const getters = [];

/** The function that is kept needs a number, its sibling a body. */
function siblings(number) {
  const text = body(number);
  const id = { number };
  const size = () => text.length;
  const get = () => id.number; // leak: siblings
  getters.push(get);
  return size() + get();
}

const readers = [];

/** The same in a block, whose scope is its own. */
function block(number) {
  for (const at of [number]) {
    const text = body(at);
    const id = { number };
    const size = () => text.length;
    const read = () => id.number; // leak: block
    readers.push(read);
    if (size() + read() === 0) break;
  }
}

let handler = (text) => text;

/** Wraps the handler once more. */
function wrap(number) { // leak: wrap
  const before = handler;
  const prefix = body(number);
  handler = (text) => (text === '' ? prefix : before(text));
  return handler('');
}

const unread = [];

/** The function that is kept never ran, so only the source tells what it uses. */
function neverRun(number) {
  const text = body(number);
  const id = { number };
  const size = () => text.length;
  unread.push(() => id.number);
  return size();
}

const recent = [];
const sessions = new Map();
const limits = body(0);
const limitOf = () => limits.length;

/** Functions that use what they keep, in a bounded number; methods; the module's own scope. */
class Session {
  constructor(number) {
    const text = body(number);
    this.read = () => text;
    this.size = () => text.length;
  }
  limit() {
    return limitOf();
  }
}

function healthy(number) {
  const session = new Session(number);
  sessions.set(number, session);
  sessions.delete(number - 20);
  const text = body(number);
  const id = { number };
  const size = () => text.length;
  recent.push(() => id.number);
  if (recent.length > 20) recent.shift();
  return size() + session.read().length + session.size() + session.limit() + recent[0]();
}

run({ chain: replaceThing, siblings, block, wrap, neverRun, healthy });
