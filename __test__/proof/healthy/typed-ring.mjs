// Healthy.
// The last readings, in a ring with private fields and in one of numbers.

import load from '../load.cjs';

class Ring {
  #items;
  #head = 0;
  #size = 0;

  constructor(capacity) {
    this.#items = new Array(capacity);
  }

  push(item) {
    this.#items[this.#head] = item;
    this.#head = (this.#head + 1) % this.#items.length;
    this.#size = Math.min(this.#size + 1, this.#items.length);
  }

  *[Symbol.iterator]() {
    for (let at = 0; at < this.#size; at++) yield this.#items[(this.#head + at) % this.#size];
  }
}

const readings = new Ring(50);
const numbers = { at: 0, values: new Float64Array(1024) };

export const round = async (number) => {
  readings.push({ number, text: load.text(number) });
  numbers.values[numbers.at++ % 1024] = number;
  return [...readings].length;
};
