'use strict';
// Functions that are kept and use nothing of their scope, which their siblings fill: what the scope's source says of it.

const { EventEmitter } = require('node:events');
const { body, run } = require(process.env.ROUNDS);

const bus = new EventEmitter();
bus.setMaxListeners(0);

/** The story of the gateway: the listener is made inside of a promise. */
function proxy(number) {
  return new Promise((resolve, reject) => {
    setImmediate(() => {
      if (number < 0) reject(new Error('no such request'));
      resolve(body(number)); // needs resolve
    });
    bus.on('proxy', function log() {});
  });
}

/** The listener needs a small variable, its sibling a big one, which is a parameter: the bytecode does not name those. */
function parameter(number, text = body(number)) {
  const id = number;
  function render() { // needs text
    return text.length;
  }
  bus.on('parameter', () => id);
  return render();
}

/** The listener needs what it keeps. */
function own(number) {
  const text = body(number);
  bus.on('own', () => text.length);
}

run({ proxy, parameter: (number) => parameter(number), own });
