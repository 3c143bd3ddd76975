// Leaks unbounded-collection or promise-reactions, 1 per round.
// A feed hands an async generator to every client; those of clients that have gone wait for the next message for ever.

import load from '../load.cjs';

class Feed {
  #waiting = new Set();

  publish(message) {
    for (const wake of this.#waiting) wake(message);
    this.#waiting.clear();
  }

  async *messages() { // leak
    for (;;) yield await new Promise((resolve) => this.#waiting.add(resolve)); // leak
  }
}

const feed = new Feed();

async function serve(number) { // leak
  const client = { number, greeting: load.text(number) };
  for await (const message of feed.messages()) client.last = message;
}

export const round = async (number) => void serve(number);
