// Leaks unbounded-collection, 1 per round, and 1 that is no leak.
// A log as a linked list with private fields, whose beginning nobody forgets.

import load from '../load.cjs';

class Entry { // leak
  #next;
  #text;

  constructor(text) { // leak
    this.#text = text;
  }

  append(entry) {
    this.#next = entry;
    return entry;
  }

  get last() {
    return this.#next === undefined ? this.#text : undefined;
  }
}

class Log { // leak
  #first = new Entry('');
  #last = this.#first;

  write(text) { // leak
    this.#last = this.#last.append(new Entry(text));
  }

  get head() {
    return this.#first;
  }
}

export const log = new Log();
export const round = async (number) => log.write(load.text(number));
