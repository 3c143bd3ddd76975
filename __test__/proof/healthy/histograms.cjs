'use strict';
// Healthy.
// Metrics with fixed labels: counters by route and status, buckets, and the last thousand samples of each route.

const load = require('../load.cjs');

const ROUTES = ['/', '/users/:id', '/articles/:id', '/search'];
const SAMPLES = 40;

class Histogram {
  constructor(name) {
    this.name = name;
    this.series = {};
  }

  observe(route, status, seconds) {
    const key = `${route} ${status}`;
    const series = (this.series[key] ??= { count: 0, sum: 0, buckets: new Array(12).fill(0), samples: [] });
    series.count++;
    series.sum += seconds;
    series.buckets[Math.min(11, Math.floor(seconds * 10))]++;
    series.samples.push({ seconds, text: load.text(series.count, 60) });
    if (series.samples.length > SAMPLES) series.samples.shift();
  }
}

const durations = new Histogram('http_request_duration_seconds');

exports.round = async (number) => {
  for (let at = 0; at < 20; at++) durations.observe(ROUTES[(number + at) % 4], at % 7 ? 200 : 404, ((number * 31 + at) % 17) / 10);
};
