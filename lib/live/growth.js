// @ts-check
'use strict';

/**
 * Whether a series of measurements grows, and how sure that is. Pure: no clock, no process. `O(n²)` for n points, of which 64
 * at most are looked at: about a millisecond.
 *
 * The slope is Theil and Sen's (the median of all slopes between two points), which no outlier bends; whether it means anything
 * tells the test of Mann and Kendall, with its variance widened for neighbours that resemble each other. A leak must moreover
 * go on at its pace (a cache that warms up does not), and stand above what the series has reached before (a sawtooth does not).
 */

/** @typedef {{ t: number, v: number }} Point time in milliseconds, and what was measured */

/**
 * @typedef {object} Growth
 * @property {'leak' | 'growth' | 'flat'} verdict
 * @property {number} perHour
 * @property {number} growth over the whole series, by the slope
 * @property {number} probability that pure chance orders the points so, or more
 * @property {number} pace of the second half, as a multiple of the first half's
 * @property {number} confidence from 0 to 1
 * @property {number} points
 */

/** Points needed for any verdict. */
const FEWEST = 10;
/** Chance at most, for growth and for a leak. */
const LIKELY = 0.05;
const CERTAIN = 0.005;
/** The second half's slope of a leak, at least, as a multiple of the first half's. */
const STEADY = 0.6;

/** @param {Float64Array} sorted */
function middle(sorted) {
  const at = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[at] : (sorted[at - 1] + sorted[at]) / 2;
}

/** @param {Iterable<number>} values */
const median = (values) => middle(Float64Array.from(values).sort());

/** @param {Iterable<number>} values @param {number} share */
function quantile(values, share) {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
}

/** The median of all slopes between two points, per millisecond. @param {Point[]} points */
function theilSen(points) {
  const slopes = new Float64Array((points.length * (points.length - 1)) / 2);
  let count = 0;
  for (let i = 0; i < points.length; i++) {
    const { t, v } = points[i];
    for (let j = i + 1; j < points.length; j++) {
      const time = points[j].t - t;
      if (time > 0) slopes[count++] = (points[j].v - v) / time;
    }
  }
  return count === 0 ? 0 : middle(slopes.subarray(0, count).sort());
}

/**
 * Mann and Kendall's test for a rise: the probability of so many rising pairs, or more, without any trend.
 * @param {Point[]} points
 * @param {number[]} residuals the points without their trend
 */
function chanceOfRise(points, residuals) {
  const n = points.length;
  let rising = 0;
  for (let i = 0; i < n; i++) for (let j = i + 1; j < n; j++) rising += Math.sign(points[j].v - points[i].v);
  /** @type {Map<number, number>} */
  const ties = new Map();
  for (const { v } of points) ties.set(v, (ties.get(v) ?? 0) + 1);
  let variance = n * (n - 1) * (2 * n + 5);
  for (const count of ties.values()) variance -= count * (count - 1) * (2 * count + 5);
  variance = (variance / 18) * likeness(residuals);
  if (variance <= 0) return 1;
  return normalTail((rising - Math.sign(rising)) / Math.sqrt(variance));
}

/** By how much neighbours that resemble each other widen the variance. @param {number[]} residuals */
function likeness(residuals) {
  const mean = residuals.reduce((sum, value) => sum + value, 0) / residuals.length;
  let [own, neighbours] = [0, 0];
  residuals.forEach((value, at) => {
    own += (value - mean) ** 2;
    if (at > 0) neighbours += (value - mean) * (residuals[at - 1] - mean);
  });
  const correlation = own === 0 ? 0 : Math.min(0.9, Math.max(0, neighbours / own));
  return (1 + correlation) / (1 - correlation);
}

/** How often a normal variable is greater (Abramowitz and Stegun 26.2.17; error below 1e-7). @param {number} z */
function normalTail(z) {
  if (z < 0) return 1 - normalTail(-z);
  const k = 1 / (1 + 0.2316419 * z);
  const sum = k * (0.31938153 + k * (-0.356563782 + k * (1.781477937 + k * (-1.821255978 + k * 1.330274429))));
  return (sum * Math.exp((-z * z) / 2)) / Math.sqrt(2 * Math.PI);
}

/**
 * Judges a series.
 * @param {Point[]} all in the order of time
 * @param {{ leastGrowth: number, leastDuration: number }} bounds what is too small or too short to speak of
 * @returns {Growth}
 */
function judge(all, { leastGrowth, leastDuration }) {
  const points = thinned(all);
  const n = points.length;
  const flat = { verdict: /** @type {const} */ ('flat'), perHour: 0, growth: 0, probability: 1, pace: 0, confidence: 0, points: n };
  const duration = n < 2 ? 0 : points[n - 1].t - points[0].t;
  if (n < FEWEST || duration < leastDuration / 2) return { ...flat, tooEarly: true };
  const slope = theilSen(points);
  const residuals = points.map(({ t, v }) => v - slope * (t - points[0].t));
  const centre = median(residuals);
  const noise = 1.4826 * median(residuals.map((value) => Math.abs(value - centre)));
  const growth = slope * duration;
  const probability = chanceOfRise(points, residuals);
  const firstHalf = points.slice(0, n >> 1);
  const lastHalf = points.slice(n >> 1);
  const pace = slopeRatio(firstHalf, lastHalf, slope);
  const answer = { perHour: slope * 3_600_000, growth, probability, pace, points: n };
  const needed = Math.max(leastGrowth, 2 * noise);
  if (growth < needed || probability > LIKELY) return { ...flat, ...answer, verdict: 'flat' };

  const lastQuarter = points.slice(n - Math.ceil(n / 4)).map(({ v }) => v);
  const earlier = points.slice(0, n - Math.ceil(n / 4)).map(({ v }) => v);
  const isNew = median(lastQuarter) > quantile(earlier, 0.9);
  const isSteady = pace >= STEADY && rises(lastHalf, leastGrowth / 4);
  const isLong = duration >= leastDuration;
  const isLeak = probability <= CERTAIN && isNew && isSteady && isLong;
  const confidence = (1 - probability) * Math.min(1, pace) * Math.min(1, n / 24) * Math.min(1, growth / (4 * Math.max(noise, leastGrowth / 4)));
  return { ...answer, verdict: isLeak ? 'leak' : 'growth', confidence: Math.round((isLeak ? 0.5 + confidence / 2 : confidence / 2) * 100) / 100 };
}

/** @param {Point[]} first @param {Point[]} last @param {number} slope */
function slopeRatio(first, last, slope) {
  const early = theilSen(first);
  const late = theilSen(last);
  // Noise may turn a half around: then it is measured by the whole.
  const by = Math.max(early, slope / 2);
  return by <= 0 ? 0 : Math.max(0, Math.min(10, late / by));
}

/** Whether the points alone rise by so much. @param {Point[]} points @param {number} least */
function rises(points, least) {
  const slope = theilSen(points);
  const residuals = points.map(({ t, v }) => v - slope * (t - points[0].t));
  return slope * (points[points.length - 1].t - points[0].t) >= least && chanceOfRise(points, residuals) <= LIKELY;
}

/** Points looked at, at most. */
const MOST_JUDGED = 64;

/** As many points as can be judged soon: means of neighbours. @param {Point[]} points @returns {Point[]} */
function thinned(points) {
  if (points.length <= MOST_JUDGED) return points;
  const thin = [];
  for (let at = 0; at + 1 < points.length; at += 2) {
    const [a, b] = [points[at], points[at + 1]];
    thin.push({ t: (a.t + b.t) / 2, v: (a.v + b.v) / 2 });
  }
  if (points.length % 2 === 1) thin.push(points[points.length - 1]);
  return thinned(thin);
}

/** Points of a history at most. */
const MOST_POINTS = 128;

/**
 * A series of bounded length over any time: points of one stretch of time are averaged, and when there are too many, each two
 * stretches become one.
 */
class Series {
  /** @type {(Point & { n: number })[]} */
  #points = [];
  #width;

  /** @param {number} width milliseconds of a stretch at first */
  constructor(width) {
    this.#width = width;
  }

  /** @param {number} t @param {number} v */
  add(t, v) {
    const last = this.#points.at(-1);
    if (last && this.#stretch(last.t) === this.#stretch(t)) return merge(last, { t, v, n: 1 });
    this.#points.push({ t, v, n: 1 });
    if (this.#points.length <= MOST_POINTS) return;
    this.#width *= 2;
    /** @type {(Point & { n: number })[]} */
    const merged = [];
    for (const point of this.#points) {
      const before = merged.at(-1);
      if (before && this.#stretch(before.t) === this.#stretch(point.t)) merge(before, point);
      else merged.push(point);
    }
    this.#points = merged;
  }

  /** @param {number} t */
  #stretch(t) {
    return Math.floor(t / this.#width);
  }

  /** @returns {Point[]} */
  points() {
    return this.#points.map(({ t, v }) => ({ t, v }));
  }

  get last() {
    return this.#points.at(-1)?.v;
  }
}

/** @param {Point & { n: number }} into @param {Point & { n: number }} point */
function merge(into, point) {
  const n = into.n + point.n;
  into.t = (into.t * into.n + point.t * point.n) / n;
  into.v = (into.v * into.n + point.v * point.n) / n;
  into.n = n;
}

module.exports = { Series, chanceOfRise, judge, theilSen };
