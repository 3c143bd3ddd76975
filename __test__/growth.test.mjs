// Which series of measurements are leaks: deterministic, without a process.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';

const require = createRequire(import.meta.url);
const { Series, chanceOfRise, judge, theilSen } = require('../lib/live/growth.js');
const { Samples } = require('../lib/live/samples.js');
const { uniformOf } = require('./random.cjs');

const MINUTE = 60_000;
const MB = 1e6;
const bounds = { leastGrowth: 1 * MB, leastDuration: 10 * MINUTE };

/** The same numbers in every run, about normal. */
function noise(seed) {
  const uniform = uniformOf(seed);
  return () => uniform() + uniform() + uniform() + uniform() - 2;
}

/** `minutes` points, one a minute. */
const series = (minutes, value) => Array.from({ length: minutes }, (_, at) => ({ t: at * MINUTE, v: value(at) }));

const SEEDS = Array.from({ length: 20 }, (_, seed) => seed * 7919 + 1);
const verdicts = (make) => SEEDS.map((seed) => judge(make(noise(seed)), bounds).verdict);
/** Judged again and again, as the watch does: when it was called a leak for the first time. */
function firstLeak(make, minutes, seed) {
  const points = series(minutes, make(noise(seed)));
  for (let n = 6; n <= minutes; n += 2) {
    const judged = judge(points.slice(0, n), bounds);
    if (judged.verdict === 'leak') return { minute: n, ...judged };
  }
  return undefined;
}
const count = (list, verdict) => list.filter((it) => it === verdict).length;

test('a slow leak in noise is found: 12 MB/h under noise of 2 MB', () => {
  const after = (minutes) => verdicts((random) => series(minutes, (at) => 80 * MB + at * 0.2 * MB + random() * 2 * MB));
  const hour = after(60);
  assert.equal(count(hour, 'flat'), 0, hour.join(' '));
  const longest = after(125);
  assert.equal(count(longest, 'leak'), SEEDS.length, longest.join(' '));
  const { perHour, growth } = judge(series(60, (at) => 80 * MB + at * 0.2 * MB + noise(3)() * 2 * MB), bounds);
  assert.ok(Math.abs(perHour - 12 * MB) < 2 * MB, `${perHour}`);
  assert.ok(Math.abs(growth - 11.8 * MB) < 2 * MB, `${growth}`);
});

test('noise alone is flat', () => {
  const found = verdicts((random) => series(60, () => 80 * MB + random() * 5 * MB));
  assert.equal(count(found, 'leak'), 0);
  assert.ok(count(found, 'flat') >= SEEDS.length - 1, found.join(' '));
});

test('noise whose neighbours resemble each other is no leak', () => {
  const found = verdicts((random) => {
    let level = 0;
    return series(120, () => 80 * MB + (level = 0.9 * level + random() * 2 * MB));
  });
  assert.equal(count(found, 'leak'), 0, found.join(' '));
});

test('noise that is judged again and again is no leak', () => {
  const drifting = (random, level = 0) => () => 80 * MB + (level = 0.6 * level + random() * 2 * MB);
  for (let seed = 0; seed < 40; seed++) assert.equal(firstLeak(drifting, 200, seed * 7919 + 1), undefined, `${seed}`);
});

test('a sawtooth is no leak, wherever it stands', () => {
  for (const period of [5, 12, 30, 47]) {
    for (let end = Math.ceil(1.3 * period); end < 6 * period; end += 3) {
      const points = series(end, (at) => 60 * MB + ((at % period) / period) * 40 * MB);
      assert.notEqual(judge(points, bounds).verdict, 'leak', `period ${period}, after ${end}`);
    }
  }
});

test('what climbs back to where it was is no leak', () => {
  const tooth = series(34, (at) => 60 * MB + (((at + 27) % 30) / 30) * 40 * MB);
  assert.notEqual(judge(tooth, bounds).verdict, 'leak');
  for (const [level, until, minutes] of [[80, 3, 36], [80, 4, 48], [100, 2, 24], [100, 3, 40]]) {
    const points = series(minutes, (at) => (at < until ? level : 60 + 0.5 * (at - until)) * MB);
    assert.notEqual(judge(points, bounds).verdict, 'leak', `${level} until ${until}`);
  }
});

test('a sawtooth whose floor rises is a leak', () => {
  const points = series(120, (at) => 60 * MB + at * MB + ((at % 7) / 7) * 20 * MB);
  assert.equal(judge(points, bounds).verdict, 'leak');
});

test('a step is no leak, nor are two', () => {
  for (const at of [10, 20, 30, 40, 50, 55]) {
    const found = verdicts((random) => series(60, (minute) => (minute < at ? 80 : 120) * MB + random() * MB));
    assert.equal(count(found, 'leak'), 0, `after ${at}: ${found.join(' ')}`);
  }
  const found = verdicts((random) => series(60, (minute) => (minute < 15 ? 80 : minute < 40 ? 100 : 120) * MB + random() * MB));
  assert.equal(count(found, 'leak'), 0, found.join(' '));
});

const cache = (minutes, roughness) => (random) => (at) => 60 * MB + 100 * MB * (1 - Math.exp(-at / minutes)) + random() * roughness * MB;

test('a cache that fills is no leak, while it fills and after, even if that takes longer than a leak needs', () => {
  for (const [minutes, roughness] of [[2, 1], [5, 1], [5, 4], [10, 1], [10, 4], [15, 1], [20, 0.5]]) {
    const told = SEEDS.map((seed) => firstLeak(cache(minutes, roughness), 4 * minutes, seed)).filter((it) => it !== undefined);
    assert.ok(told.length <= 1, `time constant ${minutes}, noise ${roughness}: ${told.length} after ${told.map(({ minute }) => minute)}`);
  }
});

test('a cache of which one cannot yet know that it slows down is not told for certain', () => {
  const judged = SEEDS.map((seed) => judge(series(12, cache(60, 4)(noise(seed))), bounds));
  assert.ok(judged.every(({ verdict, slowing }) => verdict !== 'leak' || slowing === undefined));
  assert.ok(judged.filter(({ verdict }) => verdict === 'leak').length <= 1);
});

test('where what slows down would level off', () => {
  for (const minutes of [15, 30, 60]) {
    const judged = judge(series(60, cache(minutes, 0.5)(noise(5))), bounds);
    assert.equal(judged.verdict, 'growth');
    assert.ok(Math.abs(judged.slowing.level - 160 * MB) < 15 * MB, `${minutes}: ${judged.slowing.level}`);
    // Three time constants, from now.
    assert.ok(Math.abs(judged.slowing.inMs / MINUTE - 3 * minutes) < 0.5 * minutes, `${minutes}: ${judged.slowing.inMs / MINUTE}`);
    assert.ok(judged.confidence <= 0.25);
  }
  assert.equal(judge(series(60, (at) => (80 + at) * MB), bounds).slowing, undefined);
});

test('what slows down without end is a leak after a bounded time, and less sure', () => {
  const slower = () => (at) => 80 * MB + 5 * MB * at ** 0.85;
  const { minute, slowing, confidence } = firstLeak(slower, 200, 1);
  assert.ok(minute > 100 && minute <= 122, `${minute}`);
  assert.ok(slowing.level > 80 * MB);
  assert.ok(confidence <= 0.75);
});

test('a leak is found within a bounded number of collections', () => {
  for (const [perHour, roughness, most] of [[120, 1, 20], [30, 1, 60], [30, 4, 125], [12, 1, 125], [12, 4, 150]]) {
    const minutes = SEEDS.map((seed) => firstLeak((random) => (at) => (80 + (perHour * at) / 60 + roughness * random()) * MB, 200, seed)?.minute ?? Infinity);
    assert.ok(Math.max(...minutes) <= most, `${perHour} MB/h, noise ${roughness}: ${minutes}`);
  }
});

test('a leak after a warm-up is found once the warm-up is the smaller part', () => {
  const minutes = SEEDS.map((seed) => firstLeak((random) => (at) => (80 + at / 2 + 60 * (1 - Math.exp(-at / 5)) + 0.4 * random()) * MB, 200, seed)?.minute ?? Infinity);
  assert.ok(Math.max(...minutes) <= 110, `${minutes}`);
});

test('a leak by requests is one in spite of the load of a day', () => {
  const turn = (at) => (2 * Math.PI * at) / (24 * 60);
  for (const hour of [0, 3, 6, 9, 12, 15, 18, 21]) {
    const begin = hour * 60;
    const grown = (at) => 0.5 * at + ((0.5 * 0.8 * 24 * 60) / (2 * Math.PI)) * (Math.sin(turn(at + begin)) - Math.sin(turn(begin)));
    const found = firstLeak((random) => (at) => (80 + grown(at) + random()) * MB, 400, 7 + hour);
    assert.ok(found.minute <= 300, `begun at ${hour} h: ${found?.minute}`);
  }
});

test('a leak is a leak beside an outlier', () => {
  const points = series(60, (at) => (at === 30 ? 900 : 80 + at) * MB);
  assert.equal(judge(points, bounds).verdict, 'leak');
});

test('what is too short, too little or too seldom measured is no leak', () => {
  const leak = (at) => 80 * MB + at * MB;
  assert.notEqual(judge(series(9, leak), bounds).verdict, 'leak');
  assert.equal(judge(series(60, (at) => 80 * MB + at * 0.01 * MB), bounds).verdict, 'flat');
  assert.equal(judge(series(10, leak), { ...bounds, leastDuration: 30 * MINUTE }).verdict, 'flat');
  assert.equal(judge(series(25, leak), { ...bounds, leastDuration: 30 * MINUTE }).verdict, 'growth');
  assert.equal(judge([], bounds).verdict, 'flat');
  assert.equal(judge(series(60, () => 80 * MB), bounds).verdict, 'flat');
});

test('what shrinks is flat', () => {
  const found = judge(series(60, (at) => 80 * MB - at * MB), bounds);
  assert.equal(found.verdict, 'flat');
  assert.ok(found.perHour < 0);
});

test('the slope is the median of slopes, the chance that of Mann and Kendall', () => {
  assert.equal(theilSen([1, 3, 5, 7, 9, 700].map((v, t) => ({ t, v }))), 2);
  const rising = Array.from({ length: 10 }, (_, t) => ({ t, v: t }));
  // S = 45, variance = 10 · 9 · 25 / 18 = 125, z = 44 / √125 = 3.9355.
  assert.ok(Math.abs(chanceOfRise(rising, rising.map(() => 0)) - 4.15e-5) < 1e-6);
  assert.equal(chanceOfRise(rising.map(({ t }) => ({ t, v: 1 })), rising.map(() => 0)), 1);
});

test('a history has a bounded length and the same shape', () => {
  const history = new Series(1000);
  for (let at = 0; at < 100_000; at++) history.add(at * 1000, at);
  const points = history.points();
  assert.ok(points.length > 60 && points.length <= 128, `${points.length}`);
  assert.ok(Math.abs(theilSen(points) - 0.001) < 1e-9);
  assert.ok(points.every(({ t }, at) => at === 0 || t > points[at - 1].t));
});

test('samples come out as they went in, the last 128', () => {
  const samples = new Samples();
  assert.deepEqual(samples.list(), []);
  const sample = (at) => ({ time: at, afterGc: at % 2 === 0, memory: { heap: at * 2, external: 0.5 }, spaces: {}, last: -at });
  for (let at = 0; at < 300; at++) samples.add(sample(at));
  assert.equal(samples.count, 300);
  assert.deepEqual(samples.list(), Array.from({ length: 128 }, (_, at) => sample(172 + at)));
});
