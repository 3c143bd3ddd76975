// Leaks dominator or unbounded-collection, 1 per round.
// A FinalizationRegistry whose held value refers to the very object that it waits for.

import load from '../load.cjs';

const registry = new FinalizationRegistry((resource) => resource.close());

class Resource {
  constructor(number) { // leak
    this.text = load.text(number);
    registry.register(this, { close: () => this.text.length }); // leak
  }

  close() {}
}

export const round = async (number) => void new Resource(number);
