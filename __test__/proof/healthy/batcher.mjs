// Healthy.
// What is written comes together and goes every few milliseconds, or when there is enough of it.

import load from '../load.cjs';

class Batcher {
  #lines = [];
  #timer;
  #written = 0;

  constructor(send, { most = 50, within = 5 } = {}) {
    this.send = send;
    this.most = most;
    this.within = within;
  }

  add(line) {
    this.#lines.push(line);
    if (this.#lines.length >= this.most) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), this.within);
  }

  flush() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const lines = this.#lines;
    this.#lines = [];
    this.#written += lines.length;
    this.send(lines);
  }
}

let last;
const batcher = new Batcher((lines) => (last = lines.join('\n').length));

export const round = async (number) => {
  for (let line = 0; line < 7; line++) batcher.add({ at: Date.now(), line, text: load.text(number, 300) });
  return last;
};
export const settle = () => new Promise((resolve) => setTimeout(resolve, 50));
