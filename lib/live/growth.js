// @ts-check
'use strict';

/**
 * Whether a series of measurements grows, and how sure that is. Pure: no clock, no process. `O(n²)` for n points, of which 64
 * at most are looked at: about a millisecond.
 *
 * The slope is Theil and Sen's (the median of all slopes between two points), which no outlier bends; whether it means anything
 * tells the test of Mann and Kendall, with its variance widened for neighbours that resemble each other. A leak must moreover
 * go on at its pace (a cache that fills does not), and stand above what the series has reached before (a sawtooth does not, once a
 * tooth of it has been seen).
 *
 * Whether growth slows down is asked twice, by how much more often pairs rise in the first half than in the last: a leak must not
 * bend as no straight line would by chance, and must be straighter than a curve that is clearly levelling off. The second is
 * what noise forbids to know early. Both are asked for a bounded time only, and once there is time enough of the last half
 * alone: what fills is bent all along, a leak in a service that has just started only at first.
 */

/** @typedef {{ t: number, v: number }} Point time in milliseconds, and what was measured */

/**
 * @typedef {object} Growth
 * @property {'leak' | 'growth' | 'flat'} verdict
 * @property {number} perHour
 * @property {number} growth over the whole series, by the slope
 * @property {number} probability that pure chance orders the points so, or more
 * @property {number} pace of the second half, as a multiple of the first half's
 * @property {{ level: number, inMs: number }} [slowing] where it would level off, as a cache does that fills, and when nearly
 * @property {number} confidence from 0 to 1
 * @property {number} points
 */

/** Points needed for any verdict. */
const FEWEST = 10;
/** Chance at most, for growth and for a leak: a series is judged again and again. */
const LIKELY = 0.05;
const CERTAIN = 0.005;
/** Growth is more than so many times the noise. */
const ABOVE_NOISE = 3;
/** The second half's slope of a leak, at least, as a multiple of the first half's. */
const STEADY = 0.6;
/** What bends as no straight line does but in so many cases, slows down. */
const BENT = 0.1;
/** What has this pace is not straight: a leak is straighter, but for so small a chance. */
const CURVED = 0.85;
const STRAIGHT = 0.02;
/** So much longer than the least duration a leak waits, because it slows down or because that cannot be told for noise. */
const LONGEST_WAIT = 12;
/** So much longer than the least duration it takes until the last half is enough. */
const HALF_IS_ENOUGH = 3;
/** An exponential has come so near to its level after three of its time constants. */
const NEARLY = 3;

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
 * How many more pairs rise than fall, and what the variance of that is without any trend (Mann and Kendall).
 * @param {Point[]} points
 * @param {number[]} residuals the points without their trend
 */
function riseOf(points, residuals) {
  const n = points.length;
  let pairs = 0;
  for (let i = 0; i < n; i++) for (let j = i + 1; j < n; j++) pairs += Math.sign(points[j].v - points[i].v);
  /** @type {Map<number, number>} */
  const ties = new Map();
  for (const { v } of points) ties.set(v, (ties.get(v) ?? 0) + 1);
  let variance = n * (n - 1) * (2 * n + 5);
  for (const count of ties.values()) variance -= count * (count - 1) * (2 * count + 5);
  return { pairs, variance: (variance / 18) * likeness(residuals) };
}

/**
 * The probability of so many rising pairs, or more, without any trend.
 * @param {Point[]} points
 * @param {number[]} residuals the points without their trend
 */
function chanceOfRise(points, residuals) {
  const { pairs, variance } = riseOf(points, residuals);
  return variance <= 0 ? 1 : normalTail((pairs - Math.sign(pairs)) / Math.sqrt(variance));
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
  const residuals = without(points, slope);
  const centre = median(residuals);
  const noise = 1.4826 * median(residuals.map((value) => Math.abs(value - centre)));
  const growth = slope * duration;
  const probability = chanceOfRise(points, residuals);
  const pace = paceOf(points, slope);
  const answer = { perHour: slope * 3_600_000, growth, probability, pace, points: n };
  const needed = Math.max(leastGrowth, ABOVE_NOISE * noise);
  if (growth < needed || probability > LIKELY) return { ...flat, ...answer, verdict: 'flat' };

  const lastQuarter = points.slice(n - Math.ceil(n / 4)).map(({ v }) => v);
  const earlier = points.slice(0, n - Math.ceil(n / 4)).map(({ v }) => v);
  const isNew = median(lastQuarter) > quantile(earlier, 0.9);
  const last = halves(points)[1];
  const isSteady = pace >= STEADY && rises(last, leastGrowth / 4);
  const isStraight = goesOn(points, slope, pace) || (duration >= HALF_IS_ENOUGH * leastDuration && goesOnLately(last));
  const isSlowing = !isStraight && slowsDown(points, slope, pace);
  const isLong = duration >= leastDuration * (isStraight ? 1 : LONGEST_WAIT);
  const isLeak = probability <= CERTAIN && isNew && isSteady && isLong;
  const weight = (1 - probability) * Math.min(1, pace) * Math.min(1, n / 24) * Math.min(1, growth / (4 * Math.max(noise, leastGrowth / 4)));
  const sure = isSlowing ? weight / 2 : weight;
  return {
    ...answer,
    verdict: isLeak ? 'leak' : 'growth',
    confidence: Math.round((isLeak ? 0.5 + sure / 2 : sure / 2) * 100) / 100,
    ...(isSlowing && { slowing: levelOf(points, pace) }),
  };
}

/** Whether that is all but certain. @param {Point[]} points @param {number} slope @param {number} pace */
function slowsDown(points, slope, pace) {
  return pace < 1 && (pace < STEADY || chanceOfBend(points, (t) => slope * t) <= BENT);
}

/** Whether they are straighter than what is on its way to a level. @param {Point[]} points @param {number} slope @param {number} pace */
function goesOn(points, slope, pace) {
  const duration = points[points.length - 1].t - points[0].t;
  return !slowsDown(points, slope, pace) && chanceOfBend(points, curved(slope * duration, duration), -1) <= STRAIGHT;
}

/** The same of a part, by its own slope. @param {Point[]} points */
function goesOnLately(points) {
  const slope = theilSen(points);
  return goesOn(points, slope, paceOf(points, slope));
}

/** The points without their trend. @param {Point[]} points @param {number} slope */
const without = (points, slope) => points.map(({ t, v }) => v - slope * (t - points[0].t));

/** The slope of the second half, as a multiple of the first half's. @param {Point[]} points @param {number} slope */
function paceOf(points, slope) {
  const [early, late] = halves(points).map(theilSen);
  // Noise may turn a half around: then it is measured by the whole.
  const by = Math.max(early, slope / 2);
  return by <= 0 ? 0 : Math.max(0, Math.min(10, late / by));
}

/** @param {Point[]} points */
const halves = (points) => [points.slice(0, points.length >> 1), points.slice(points.length >> 1)];

/** An exponential on its way to a level, as a cache that fills. @param {number} growth @param {number} duration */
function curved(growth, duration) {
  const perDuration = 2 * Math.log(CURVED);
  return (/** @type {number} */ t) => (growth * (1 - Math.exp((perDuration * t) / duration))) / (1 - Math.exp(perDuration));
}

/**
 * The probability that pure chance bends the points from a shape so much to the right, or more; to the left with `sign` -1. What
 * the halves rise alike counts in neither.
 * @param {Point[]} points
 * @param {(t: number) => number} shape
 * @param {1 | -1} [sign]
 */
function chanceOfBend(points, shape, sign = 1) {
  let [bend, variance] = [0, 0];
  for (const [at, half] of halves(points).entries()) {
    const rest = half.map(({ t, v }) => ({ t, v: v - shape(t - points[0].t) }));
    const rise = riseOf(rest, without(rest, theilSen(rest)));
    bend += at === 0 ? rise.pairs : -rise.pairs;
    variance += rise.variance;
  }
  return variance <= 0 ? 1 : normalTail((sign * bend) / Math.sqrt(variance));
}

/**
 * Where what slows down would level off, as an exponential does: its second half is the first, made smaller by the pace.
 * @param {Point[]} points
 * @param {number} pace
 */
function levelOf(points, pace) {
  const ratio = Math.min(0.99, Math.max(0.01, pace));
  const [early, late] = halves(points).map((half) => median(half.map(({ v }) => v)));
  const duration = points[points.length - 1].t - points[0].t;
  return { level: (late - ratio * early) / (1 - ratio), inMs: (NEARLY * duration) / (2 * Math.log(1 / ratio)) };
}

/** Whether the points alone rise by so much. @param {Point[]} points @param {number} least */
function rises(points, least) {
  const slope = theilSen(points);
  const residuals = without(points, slope);
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
 * stretches become one. All memory is taken at once: what fills slowly looks like a leak, also to leakscan.
 */
class Series {
  #t = new Float64Array(MOST_POINTS + 1);
  #v = new Float64Array(MOST_POINTS + 1);
  /** How many measurements a point is the mean of. */
  #n = new Float64Array(MOST_POINTS + 1);
  #length = 0;
  #width;

  /** @param {number} width milliseconds of a stretch at first */
  constructor(width) {
    this.#width = width;
  }

  /** @param {number} t @param {number} v */
  add(t, v) {
    this.#put(t, v, 1);
    if (this.#length <= MOST_POINTS) return;
    this.#width *= 2;
    const length = this.#length;
    this.#length = 0;
    for (let at = 0; at < length; at++) this.#put(this.#t[at], this.#v[at], this.#n[at]);
  }

  /** To the last point, if it is of the same stretch. @param {number} t @param {number} v @param {number} n */
  #put(t, v, n) {
    const last = this.#length - 1;
    const isSame = last >= 0 && this.#stretch(this.#t[last]) === this.#stretch(t);
    const at = isSame ? last : this.#length++;
    const before = isSame ? this.#n[at] : 0;
    this.#t[at] = (this.#t[at] * before + t * n) / (before + n);
    this.#v[at] = (this.#v[at] * before + v * n) / (before + n);
    this.#n[at] = before + n;
  }

  /** @param {number} t */
  #stretch(t) {
    return Math.floor(t / this.#width);
  }

  /** @returns {Point[]} */
  points() {
    return Array.from({ length: this.#length }, (_, at) => ({ t: this.#t[at], v: this.#v[at] }));
  }

  get last() {
    return this.#length === 0 ? undefined : this.#v[this.#length - 1];
  }
}

module.exports = { Series, chanceOfRise, judge, theilSen };
