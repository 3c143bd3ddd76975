'use strict';
// Leaks unbounded-collection, 1 per round.
// A rate limiter that counts by address, and has a limit, but forgets no address.

class RateLimiter {
  constructor(limit) { // leak
    this.limit = limit;
    this.hits = new Map();
  }

  check(address) { // leak
    const hits = this.hits.get(address) ?? { count: 0, since: Date.now(), address };
    hits.count++;
    this.hits.set(address, hits);
    return hits.count <= this.limit;
  }
}

const limiter = new RateLimiter(100);

exports.round = async (number) => limiter.check(`10.0.${number >> 8}.${number & 255}`);
