// Leaks unbounded-collection, 1 per round.
// A decorator remembers every answer of the methods that it wraps, by their arguments.

import load from '../load.cjs';

function cached(method) { // leak
  const answers = new Map();
  return function (...parameters) { // leak
    const key = JSON.stringify(parameters);
    if (!answers.has(key)) answers.set(key, method.apply(this, parameters));
    return answers.get(key);
  };
}

class Catalog {
  price(id, at) {
    return { id, at, text: load.text(id) };
  }

  country(code) {
    return { code, text: load.text(code) };
  }
}

for (const name of ['price', 'country']) Catalog.prototype[name] = cached(Catalog.prototype[name]);

const catalog = new Catalog();

export const round = async (number) => catalog.price(5, number).text + catalog.country(number % 10).text;
