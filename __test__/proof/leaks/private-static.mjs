// Leaks unbounded-collection, 1 per round.
// A private static Map, keyed by objects.

import load from '../load.cjs';

class Visits {
  static #visits = new Map();

  static remember(request) {
    Visits.#visits.set(request, { at: Date.now(), agent: load.text(request.id) }); // leak
    return Visits.#visits.size;
  }
}

export const round = async (number) => Visits.remember({ id: number });
