// Healthy.
// Objects that are used again, linked to each other while they are free; and a history of the last fifty steps, linked too.

import load from '../load.cjs';

class Particle {
  #next;
  text = '';

  static #free;

  static take(text) {
    const particle = Particle.#free ?? new Particle();
    Particle.#free = particle.#next;
    particle.#next = undefined;
    particle.text = text;
    return particle;
  }

  give() {
    this.text = '';
    this.#next = Particle.#free;
    Particle.#free = this;
  }
}

class Step {
  constructor(text, previous) {
    this.text = text;
    this.previous = previous;
  }
}

let newest;
function step(text) {
  newest = new Step(text, newest);
  let last = newest;
  for (let at = 0; at < 50 && last; at++) last = last.previous;
  if (last) last.previous = undefined;
}

export const round = async (number) => {
  const used = Array.from({ length: 5 + (number % 40) }, () => Particle.take(load.text(number, 300)));
  step(load.text(number));
  for (const particle of used) particle.give();
};
