// Healthy.
// Counts requests by hour, route and client, of the last two hours; here an hour has ten requests, and twelve clients there are.

class Hits {
  byHour = {};

  count(hour, route, client) {
    const ofRoute = ((this.byHour[hour] ??= {})[route] ??= Object.create(null));
    ofRoute[client] = (ofRoute[client] ?? 0) + 1;
    for (const past of Object.keys(this.byHour).slice(0, -2)) delete this.byHour[past];
  }
}

const hits = new Hits();

export function round(number) {
  hits.count(`hour ${Math.floor(number / 10)}`, `/api/${number % 5}`, `10.0.0.${number % 12}`);
}
