// Leaks listeners, 1 per round.
// Objects with `handleEvent` that listen to the application's own target.

import load from '../load.cjs';

class Clock extends EventTarget {
  tick() {
    this.dispatchEvent(new Event('tick'));
  }
}

const clock = new Clock();

class Widget { // leak
  constructor(number) { // leak
    this.text = load.text(number);
    clock.addEventListener('tick', this); // leak
  }

  handleEvent() { // leak
    this.ticks = (this.ticks ?? 0) + 1;
  }
}

export const round = async (number) => {
  new Widget(number);
  if (number % 20 === 0) clock.tick();
};
