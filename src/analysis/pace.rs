//! Pace: how something grew over several windows, the stretches of time between neighbouring snapshots, and whether that was
//! in step with the rounds done in them.
//!
//! What fills up to a bound, and what is made on first use, grows in the first windows and then no more; a leak takes
//! something from every round. So growth counts if it is in every window, and as many things a round in each:
//! `floor(d1 / k1) == floor(d2 / k2) >= 1`, or nearly the same ratio where it is large or small. An exact multiple alone would
//! miss what grows by the way (a container each now and then), growth alone would alarm at caches. `O(windows^2)`.

use serde::{Deserialize, Serialize};

/// How many rounds of the same work were done in the windows.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Rounds {
    /// The same number in each.
    Each(u32),
    /// One number a window.
    List(Vec<u32>),
}

impl Rounds {
    /// Those of each of `windows` windows, if there is a number for each.
    pub fn of_windows(&self, windows: usize) -> Option<Vec<u32>> {
        match self {
            Self::Each(rounds) => Some(vec![*rounds; windows]),
            Self::List(list) => (list.len() == windows).then(|| list.clone()),
        }
    }
}

/// Fewer new things in a window than this are no growth, if it is the only one and nobody knows how many rounds it had.
const LEAST: u64 = 10;
/// If there are more windows, which must all agree, or the rounds are known, fewer than this never are.
const LEAST_OF_ALL: u64 = 3;
/// One thing in so many rounds still counts as growth.
const ROUNDS_PER_THING: u64 = 10;

/// How many more things there must be in a window, at least, to be called growth. Pools and lazily made singletons add a few.
pub fn least_growth(rounds: Option<u32>, is_only_window: bool) -> u64 {
    match rounds.map(u64::from) {
        None if is_only_window => LEAST,
        None => LEAST_OF_ALL,
        Some(rounds) => rounds.min((rounds / ROUNDS_PER_THING).max(LEAST)).max(LEAST_OF_ALL),
    }
}

/// Rates of growth that differ by no more than this part of their mean are the same.
const NEARLY: f64 = 0.05;
/// What grows by less than this part of its fastest pace in the end is filling up.
const WANING: f64 = 0.5;

/// How something grew.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pace {
    /// In every window, in step with the rounds where these are known.
    Steady,
    /// In every window, but out of step.
    Uneven,
    /// In every window, by less and less.
    Waning,
    /// Not in every window.
    Once,
    /// It grew, and fell again by at least half: work that piled up and was done.
    Fell,
}

/// The pace of things whose number changed by `deltas`; a window counts from `least(window)` on.
pub fn pace(deltas: &[i64], rounds: Option<&[u32]>, least: impl Fn(usize) -> u64) -> Pace {
    let grew = |at: usize| deltas[at] > 0 && deltas[at].unsigned_abs() >= least(at);
    if !(0..deltas.len()).all(grew) {
        return if fell(deltas) { Pace::Fell } else { Pace::Once };
    }
    let Some(rounds) = rounds.filter(|rounds| rounds.len() == deltas.len() && rounds.iter().all(|&it| it > 0)) else {
        return Pace::Steady;
    };
    let whole = |at: usize| deltas[at].unsigned_abs() / u64::from(rounds[at]);
    if whole(0) >= 1 && (1..deltas.len()).all(|at| whole(at) == whole(0)) {
        return Pace::Steady;
    }
    let rates: Vec<f64> = deltas.iter().zip(rounds).map(|(&delta, &rounds)| delta as f64 / f64::from(rounds)).collect();
    let mean = rates.iter().sum::<f64>() / rates.len() as f64;
    let fastest = rates.iter().copied().fold(0.0, f64::max);
    match rates.last() {
        _ if rates.iter().all(|rate| (rate - mean).abs() <= NEARLY * mean) => Pace::Steady,
        Some(&last) if last < WANING * fastest => Pace::Waning,
        _ => Pace::Uneven,
    }
}

/// Whether at least half of what was gained is gone in the end.
fn fell(deltas: &[i64]) -> bool {
    let (mut level, mut peak) = (0_i64, 0);
    for delta in deltas {
        level = level.saturating_add(*delta);
        peak = peak.max(level);
    }
    peak > 0 && level <= peak / 2
}

/// Whether every window's growth is the same whole multiple of its rounds: the mark of a leak.
pub fn is_exact(deltas: &[i64], rounds: Option<&[u32]>) -> bool {
    let Some(rounds) = rounds.filter(|rounds| rounds.len() == deltas.len()) else { return false };
    let is_multiple = |(&delta, &rounds): (&i64, &u32)| rounds > 1 && delta > 0 && delta % i64::from(rounds) == 0;
    let mut times = deltas.iter().zip(rounds).map(|(&delta, &rounds)| delta / i64::from(rounds).max(1));
    let first = times.next();
    deltas.iter().zip(rounds).all(is_multiple) && times.all(|times| Some(times) == first)
}

/// The median of the slopes between all pairs of points: one odd snapshot does not bend it. 0 for fewer than two points.
/// Source: Theil 1950, Sen 1968 (doi:10.1080/01621459.1968.10480934).
pub fn slope(points: &[(f64, f64)]) -> f64 {
    let pairs = points.iter().enumerate().flat_map(|(at, a)| points[at + 1..].iter().map(move |b| (a, b)));
    let mut slopes: Vec<f64> = pairs.filter(|(a, b)| b.0 > a.0).map(|(a, b)| (b.1 - a.1) / (b.0 - a.0)).collect();
    slopes.sort_by(f64::total_cmp);
    let middle = slopes.len() / 2;
    match slopes.len() {
        0 => 0.0,
        length if length % 2 == 1 => slopes[middle],
        _ => f64::midpoint(slopes[middle - 1], slopes[middle]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leak_grows_in_step_with_the_rounds() {
        let primes: Option<&[u32]> = Some(&[7, 13]);
        type Case = (&'static [i64], Option<&'static [u32]>, Pace);
        let cases: [Case; 20] = [
            (&[7, 13], primes, Pace::Steady),
            (&[9, 15], primes, Pace::Steady),
            (&[13, 25], primes, Pace::Steady),
            // 99.9 and 100.1 a round.
            (&[699, 1301], primes, Pace::Steady),
            (&[14, 13], primes, Pace::Uneven),
            (&[7, 26], primes, Pace::Uneven),
            (&[70, 13], primes, Pace::Waning),
            (&[7, 0], primes, Pace::Once),
            (&[0, 13], primes, Pace::Once),
            (&[7, 1], primes, Pace::Once),
            (&[70, -60], primes, Pace::Fell),
            (&[-60, 70], primes, Pace::Once),
            (&[10, 10], None, Pace::Steady),
            (&[10, 0], None, Pace::Once),
            (&[10, -5], None, Pace::Fell),
            // Nobody knows how many rounds a window had.
            (&[7, 26], Some(&[7]), Pace::Steady),
            (&[7, 26], Some(&[0, 13]), Pace::Steady),
            // Fewer than one a round: in step if nearly as many.
            (&[9, 5], Some(&[100, 100]), Pace::Uneven),
            (&[9, 4], Some(&[100, 100]), Pace::Waning),
            // A thing in ten rounds.
            (&[10, 10], Some(&[100, 100]), Pace::Steady),
        ];
        for (deltas, rounds, expected) in cases {
            assert_eq!(pace(deltas, rounds, |_| 3), expected, "{deltas:?} {rounds:?}");
        }
    }

    #[test]
    fn exact_growth_is_the_same_multiple_in_every_window() {
        assert!(is_exact(&[14, 26], Some(&[7, 13])));
        assert!(!is_exact(&[14, 27], Some(&[7, 13])));
        assert!(!is_exact(&[14, 13], Some(&[7, 13])));
        assert!(!is_exact(&[1, 1], Some(&[1, 1])), "one round says nothing");
        assert!(!is_exact(&[7, 13], None));
        assert!(!is_exact(&[14, 26], Some(&[7])), "nobody knows the second window's rounds");
        assert!(!is_exact(&[0, 0], Some(&[7, 13])));
        assert!(!is_exact(&[-14, -26], Some(&[7, 13])));
    }

    #[test]
    fn rounds_are_one_number_or_one_a_window() {
        assert_eq!(Rounds::Each(7).of_windows(2), Some(vec![7, 7]));
        assert_eq!(Rounds::List(vec![7, 13]).of_windows(2), Some(vec![7, 13]));
        assert_eq!(Rounds::List(vec![7, 13]).of_windows(3), None);
    }

    #[test]
    fn an_odd_snapshot_does_not_bend_the_slope() {
        let line = |odd: f64| slope(&[(0.0, 0.0), (1.0, 2.0), (2.0, 4.0), (3.0, odd), (4.0, 8.0)]);
        assert_eq!([line(6.0), line(60.0)], [2.0, 2.0]);
        // Of two snapshots of one moment there is no slope, and of an even number of slopes the mean of the middle ones.
        assert_eq!(slope(&[(0.0, 0.0), (0.0, 9.0), (1.0, 1.0)]), -3.5);
        assert_eq!([slope(&[]), slope(&[(0.0, 1.0)]), slope(&[(0.0, 1.0), (2.0, 2.0)])], [0.0, 0.0, 0.5]);
    }
}
