// Leaks unbounded-collection, 1 per round.
// Counts requests by route and client: a number for every address that there ever was.

class Hits {
  byRoute = {};

  count(route, client) { // leak
    const ofRoute = (this.byRoute[route] ??= Object.create(null)); // leak
    ofRoute[client] = (ofRoute[client] ?? 0) + 1;
  }
}

const hits = new Hits();

export function round(number) {
  hits.count(`/api/${number % 5}`, `10.0.${number >> 8}.${number & 255}`);
}
