// Healthy.
// A FinalizationRegistry whose held values are keys, and objects that come and go.

import load from '../load.cjs';

let closed = 0;
const registry = new FinalizationRegistry((descriptor) => (closed += descriptor.bytes));

class Resource {
  constructor(number) {
    this.text = load.text(number);
    registry.register(this, { name: `resource ${number}`, bytes: 2000 }, this);
  }

  close() {
    registry.unregister(this);
  }
}

export const round = async (number) => {
  const resource = new Resource(number);
  if (number % 2) resource.close();
  return closed;
};
export const settle = async () => {
  for (let turn = 0; turn < 5; turn++) {
    global.gc();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
};
