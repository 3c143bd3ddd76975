//! How things became more: in step with the rounds, turning over, up to a bound; and how sure that makes of a leak. `O(1)`.

use super::HEALTHY;
use super::bound::Bound;
use super::case::Window;

/// Without a number of rounds, so many more things of which none has left are growth however light they are,
const PLENTY: u64 = 50;
/// and so many are a leak, if they are as many as there were.
const LOTS: u64 = 100;

/// How many more things there are, and how they came.
#[derive(Clone, Copy, Debug)]
pub(super) struct Increase {
    /// How many more.
    pub(super) more: u64,
    /// How many there were.
    pub(super) then: u64,
    /// Whether some also went.
    pub(super) turns_over: bool,
    /// Whether their program sees to it that it stops.
    pub(super) bound: Bound,
    /// Whether the growth is more than noise by its bytes alone.
    pub(super) is_heavy: bool,
}

impl Increase {
    /// How sure it is that the growth is without bound. A pair cannot tell a cache that fills from one that leaks but by the
    /// pace: what grows in proportion to the rounds takes something from each.
    pub(super) fn confidence(&self, window: &Window) -> f64 {
        let is_paced = window.is_paced(self.more);
        match (self.bound, window.rounds) {
            (Bound::Kept, _) => return HEALTHY,
            // Where there is a bound, what is out of step is on its way to it.
            (Bound::Possible, Some(_)) if !is_paced => return HEALTHY,
            (Bound::Possible, _) => return 0.4,
            (Bound::None, _) => {}
        }
        match window.rounds {
            // What loses entries as well, and gains out of step with the rounds, is on its way to a bound.
            Some(_) if self.turns_over && !is_paced => HEALTHY,
            // The pace of a series is for all its windows to tell.
            _ if window.is_of_series => 0.7,
            _ if self.turns_over => 0.5,
            Some(_) if window.is_exact(self.more) => 0.95,
            Some(_) if is_paced => 0.85,
            Some(_) => 0.6,
            None if self.is_heavy || self.more >= LOTS.max(self.then) => 0.7,
            None => 0.5,
        }
    }

    /// Whether it is to be told: what is out of proportion to the rounds must be heavy; where they are not known, enough
    /// things beside those that there were will do, if nothing has left.
    pub(super) fn is_told(&self, window: &Window) -> bool {
        let is_plenty = || self.more >= PLENTY && 2 * self.more >= self.then;
        let is_plain = || !self.turns_over && self.bound == Bound::None;
        self.is_heavy || self.is_paced(window) || window.rounds.is_none() && is_plenty() && is_plain()
    }

    /// Whether it is in proportion to the rounds, or the windows of a series will tell.
    pub(super) fn is_paced(&self, window: &Window) -> bool {
        window.is_of_series && window.rounds.is_some() || !self.turns_over && window.is_paced(self.more)
    }
}
