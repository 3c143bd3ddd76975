// @ts-check
'use strict';

/**
 * The last samples of a watch, as numbers in memory that is taken at once, 26 kB: a list of objects that fills slowly looks like
 * a leak, also to leakscan.
 */

/** Samples that are kept. */
const MOST_SAMPLES = 128;

/** @typedef {Record<string, number | boolean | Record<string, number>>} Sample all of one shape */

/** The numbers of a sample, in the order of its keys. @param {Sample} sample @returns {number[]} */
const numbersOf = (sample) => Object.values(sample).flatMap((value) => (typeof value === 'object' ? Object.values(value) : Number(value)));

class Samples {
  /** One sample, which tells the shape of all. @type {Sample | undefined} */
  #shape;
  #width = 0;
  #numbers = new Float64Array(0);
  /** Of all samples, also those that are gone. */
  count = 0;

  /** @param {Sample} sample */
  add(sample) {
    const numbers = numbersOf(sample);
    if (this.#shape === undefined) {
      this.#shape = sample;
      this.#width = numbers.length;
      this.#numbers = new Float64Array(MOST_SAMPLES * this.#width);
    }
    this.#numbers.set(numbers.slice(0, this.#width), (this.count % MOST_SAMPLES) * this.#width);
    this.count++;
  }

  /** The oldest first. @returns {any[]} */
  list() {
    const length = Math.min(this.count, MOST_SAMPLES);
    return Array.from({ length }, (_, at) => this.#read(((this.count - length + at) % MOST_SAMPLES) * this.#width));
  }

  /** @param {number} at */
  #read(at) {
    const next = (/** @type {unknown} */ like) => (typeof like === 'boolean' ? this.#numbers[at++] === 1 : this.#numbers[at++]);
    const each = (/** @type {object} */ object, /** @type {(like: any) => any} */ read) => Object.fromEntries(Object.entries(object).map(([key, like]) => [key, read(like)]));
    return each(/** @type {Sample} */ (this.#shape), (like) => (typeof like === 'object' ? each(like, next) : next(like)));
  }
}

module.exports = { Samples };
