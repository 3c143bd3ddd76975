// Leaks listeners, 1 per round.
// A class that extends EventTarget, and listeners that are objects.

class Progress extends EventTarget {
  step(value) {
    this.dispatchEvent(new CustomEvent('step', { detail: value }));
  }
}

const progress = new Progress();

class Bar {
  constructor(title) {
    this.title = title.repeat(200);
    this.value = 0;
    progress.addEventListener('step', (event) => this.set(event)); // leak
  }

  set(event) {
    this.value = event.detail;
  }
}

export const round = async (number) => {
  const bar = new Bar(`bar ${number}`);
  progress.step(number);
  return bar.value;
};
