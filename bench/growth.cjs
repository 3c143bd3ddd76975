#!/usr/bin/env node
'use strict';
// How well `watch()` tells leaks from what only looks like them: `node bench/growth.cjs [seeds] [family]`, 200 seeds unless said otherwise.
// Random series of the memory after collections, each from a seed, go through the watch's own judgement at its default pace, until it
// tells a leak or a day is over. docs/production.md has a result.

const { uniformOf } = require('../__test__/random.cjs');
const { Series, judge } = require('../lib/live/growth.js');

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const MB = 1e6;
/** As in lib/live/watch.js. */
const MIN_DURATION = 10 * MINUTE;
const WIDTH = 15 * SECOND;
const leastGrowth = (first) => Math.max(2 * MB, 0.02 * first);
const WARM_UP = 2 * MINUTE;

const [seeds = 200, only = ''] = [Number(process.argv[2] ?? 200), process.argv[3]];

/** The same numbers for the same seed. */
function randomOf(seed) {
  const uniform = uniformOf(seed);
  const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  return { uniform, normal };
}

const between = (random, least, most) => least + random.uniform() * (most - least);
const filling = (t, tau) => 1 - Math.exp(-t / tau);

/** Each gives what memory is at a time, without noise. @type {Record<string, [isLeak: boolean, (random: any) => (t: number) => number]>} */
const families = {};
for (const perHour of [6, 12, 30, 120]) {
  families[`leak of ${perHour} MB/h`] = [true, () => (t) => (80 + (perHour * t) / HOUR) * MB];
}
families['leak of 30 MB/h after a warm-up of 60 MB in minutes'] = [true, (random) => {
  const tau = between(random, 1, 5) * MINUTE;
  return (t) => (80 + 60 * filling(t, tau) + (30 * t) / HOUR) * MB;
}];
families['leak of 30 MB/h under a sawtooth of 20 MB'] = [true, (random) => {
  const period = between(random, 3, 40) * MINUTE;
  return (t) => (80 + (30 * t) / HOUR + 20 * ((t / period) % 1)) * MB;
}];
families['leak by requests, load of a day (30 MB/h on average)'] = [true, (random) => {
  const begin = random.uniform() * 24 * HOUR;
  const turn = (t) => (2 * Math.PI * (t + begin)) / (24 * HOUR);
  return (t) => (80 + (30 * t) / HOUR + ((30 * 0.8 * 24) / (2 * Math.PI)) * (Math.sin(turn(t)) - Math.sin(turn(0)))) * MB;
}];
families['leak in steps of 10 MB every 20 min'] = [true, (random) => {
  const begin = random.uniform();
  return (t) => (80 + 10 * Math.floor(t / (20 * MINUTE) + begin)) * MB;
}];
for (const minutes of [5, 10, 20, 40, 80, 160, 320]) {
  families[`cache of 100 MB that fills, time constant ${minutes} min`] = [false, () => (t) => (80 + 100 * filling(t, minutes * MINUTE)) * MB];
}
families['cache at its bound, with churn'] = [false, () => () => 180 * MB];
families['bounded list: linear, then full after 20 to 90 min'] = [false, (random) => {
  const full = between(random, 20, 90) * MINUTE;
  return (t) => (80 + 60 * Math.min(1, t / full)) * MB;
}];
families['sawtooth of 40 MB, a tooth of 3 to 60 min'] = [false, (random) => {
  const [period, phase] = [between(random, 3, 60) * MINUTE, random.uniform()];
  return (t) => (80 + 40 * ((t / period + phase) % 1)) * MB;
}];
families['one step of 40 MB'] = [false, (random) => {
  const at = between(random, 5, 120) * MINUTE;
  return (t) => (t < at ? 80 : 120) * MB;
}];
families['three steps of 20 MB'] = [false, (random) => {
  const at = [0, 0, 0].map(() => between(random, 5, 180) * MINUTE);
  return (t) => (80 + 20 * at.filter((it) => t > it).length) * MB;
}];
families['load of a day, 30 MB between night and noon'] = [false, (random) => {
  const phase = random.uniform() * 2 * Math.PI;
  return (t) => (95 + 15 * Math.sin((2 * Math.PI * t) / (24 * HOUR) + phase)) * MB;
}];

/** A day's measurements, or fewer if a leak is told. Noise is partly one that resembles its neighbours. */
function simulate(make, seed, noise) {
  const random = randomOf(seed);
  const level = make(random);
  const series = new Series(WIDTH);
  let drift = 0;
  let [collections, nextJudgement] = [0, MIN_DURATION / 2];
  const every = between(random, 10, 60) * SECOND;
  for (let t = WARM_UP; t < 24 * HOUR; t += every * between(random, 0.5, 1.5)) {
    drift = 0.6 * drift + 0.8 * random.normal();
    const outlier = random.uniform() < 0.01 ? random.uniform() * 20 : 0;
    series.add(t, level(t) + noise * (drift + outlier));
    collections++;
    if (t < nextJudgement) continue;
    // The watch judges twice a minute; later on, that is about as good as seldom.
    nextJudgement = t + Math.max(MINUTE / 2, t * 0.05);
    const points = series.points();
    const judged = judge(points, { leastGrowth: leastGrowth(points[0].v), leastDuration: MIN_DURATION });
    if (judged.verdict === 'leak') return { t, collections, judged };
  }
  return undefined;
}

const quantile = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
console.log(`${seeds} series each; noise of 0.5, 2 and 5 MB`);
for (const [name, [isLeak, make]] of Object.entries(families)) {
  if (only && !name.includes(only)) continue;
  const cells = [0.5, 2, 5].map((noise) => {
    const told = [];
    for (let seed = 1; seed <= seeds; seed++) {
      const found = simulate(make, seed * 7919, noise * MB);
      if (found) told.push(found);
    }
    const of = (pick) => told.map(pick).sort((a, b) => a - b);
    const [minutes, collections, sure] = [of(({ t }) => t / MINUTE), of((it) => it.collections), of(({ judged }) => judged.confidence)];
    const when = told.length === 0 ? '' : ` after ${quantile(minutes, 0.5).toFixed(0)} (${quantile(minutes, 0.95).toFixed(0)}) min, ${quantile(collections, 0.5)} (${quantile(collections, 0.95)}) GCs, ${quantile(sure, 0.5)} sure`;
    return `${((100 * told.length) / seeds).toFixed(1)} %${when}`;
  });
  console.log(`${isLeak ? 'leak   ' : 'healthy'} | ${name} | ${cells.join(' | ')}`);
}
