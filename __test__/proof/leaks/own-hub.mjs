// Leaks unbounded-collection or listeners, 1 per round.
// An emitter that somebody wrote: callbacks by event, and a function to unsubscribe that nobody calls.

import load from '../load.cjs';

class Hub { // leak
  callbacks = {};

  subscribe(event, callback) {
    (this.callbacks[event] ??= []).push(callback);
    return () => this.callbacks[event].splice(this.callbacks[event].indexOf(callback), 1);
  }

  publish(event, data) {
    for (const callback of this.callbacks[event] ?? []) callback(data);
  }
}

const hub = new Hub();

export const round = async (number) => {
  const client = { number, text: load.text(number) };
  hub.subscribe('price', (price) => (client.price = price)); // leak
  if (number % 25 === 0) hub.publish('price', number);
};
