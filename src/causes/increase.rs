//! How things became more: in step with the rounds, turning over, up to a bound; and how sure that makes of a leak. `O(1)`.

use super::HEALTHY;
use super::bound::Bound;
use super::case::Window;

/// Without a number of rounds, so many more things of which none has left are growth however light they are,
const PLENTY: u64 = 50;
/// and so many are a leak, if they are as many as there were.
const LOTS: u64 = 100;

/// Room that is so many times what it was was made in two steps at least, by a half each: more than a list that has come to its
/// bound needs.
const TWO_STEPS: f64 = 2.25;
/// And in three steps.
const THREE_STEPS: f64 = 3.375;
/// Without a number of rounds, room for fewer than this is noise.
const MUCH_ROOM: u64 = 1000;

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

    /// The same of room for things, where nobody knows how many there are: it comes in steps, out of any pace. There must be more
    /// in several steps, or in each window of a series; and for as many as there were rounds, if those
    /// are known, or for much. Where there was none before, something may have been filled once for all.
    pub(super) fn is_told_by_room(&self, window: &Window) -> bool {
        let is_stepwise = window.is_of_series || self.room_grew_by(TWO_STEPS);
        let is_much = match window.rounds {
            Some(rounds) => self.more >= u64::from(rounds),
            None => self.then > 0 && self.more >= MUCH_ROOM,
        };
        is_stepwise && (is_much || self.is_heavy && self.then > 0)
    }

    /// How sure it is that the room grows without bound.
    pub(super) fn confidence_by_room(&self, window: &Window) -> f64 {
        match self.bound {
            Bound::Kept | Bound::Possible => HEALTHY,
            Bound::None if window.is_of_series => 0.7,
            Bound::None if window.rounds.is_some() && self.then > 0 && self.room_grew_by(THREE_STEPS) => 0.7,
            Bound::None => 0.6,
        }
    }

    fn room_grew_by(&self, factor: f64) -> bool {
        (self.then + self.more) as f64 >= factor * self.then as f64
    }

    /// Whether it is in proportion to the rounds, or the windows of a series will tell.
    pub(super) fn is_paced(&self, window: &Window) -> bool {
        window.is_of_series && window.rounds.is_some() || !self.turns_over && window.is_paced(self.more)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MORE: Increase = Increase { more: 40, then: 40, turns_over: false, bound: Bound::None, is_heavy: false };

    fn window(rounds: Option<u32>, is_of_series: bool) -> Window {
        Window { rounds, unit: "request".to_owned(), is_of_series }
    }

    /// One a round; one and a half a round; nobody knows; and in a series.
    fn sure(increase: Increase) -> [f64; 4] {
        let windows = [(Some(40), false), (Some(27), false), (None, false), (Some(40), true)];
        windows.map(|(rounds, is_of_series)| increase.confidence(&window(rounds, is_of_series)))
    }

    #[test]
    fn what_stops_by_itself_is_healthy_and_what_may_stop_is_no_leak_for_sure() {
        assert_eq!(sure(MORE), [0.95, 0.6, 0.5, 0.7]);
        assert_eq!(sure(Increase { bound: Bound::Kept, ..MORE }), [HEALTHY; 4]);
        assert_eq!(sure(Increase { bound: Bound::Possible, ..MORE }), [0.4, HEALTHY, 0.4, 0.4]);
        assert_eq!(sure(Increase { turns_over: true, ..MORE }), [0.5, HEALTHY, 0.5, 0.7]);
        assert_eq!(Increase { more: 81, ..MORE }.confidence(&window(Some(80), false)), 0.85, "one is under way");
    }

    #[test]
    fn room_is_told_if_it_was_made_in_several_steps_or_in_every_window() {
        let room = |then, more| Increase { then, more, ..MORE };
        let told = |increase: Increase, rounds, is_of_series| {
            let window = window(rounds, is_of_series);
            increase.is_told_by_room(&window).then(|| increase.confidence_by_room(&window))
        };
        assert_eq!(told(room(1000, 1249), Some(40), false), None, "one step: it may be at its bound");
        assert_eq!(told(room(1000, 1250), Some(40), false), Some(0.6));
        assert_eq!(told(room(1000, 2375), Some(40), false), Some(0.7));
        assert_eq!(told(room(1000, 500), Some(40), true), Some(0.7), "a step in every window");
        assert_eq!(told(room(20, 39), Some(40), false), None, "less than one a round");
        assert_eq!(told(room(0, 2000), Some(40), false), Some(0.6), "filled once for all, or for the first time");
        assert_eq!([told(room(0, 2000), None, false), told(room(10, 999), None, false)], [None, None]);
        assert_eq!(told(room(10, 1000), None, false), Some(0.6));
        assert_eq!(told(Increase { is_heavy: true, ..room(10, 999) }, None, false), Some(0.6));
        assert_eq!(told(Increase { bound: Bound::Possible, ..room(1000, 9000) }, Some(40), true), Some(HEALTHY));
    }

    #[test]
    fn without_rounds_it_is_a_leak_if_it_is_heavy_or_lots() {
        let sure = |increase: Increase| increase.confidence(&window(None, false));
        assert_eq!(sure(Increase { is_heavy: true, ..MORE }), 0.7);
        assert_eq!([sure(Increase { more: 99, ..MORE }), sure(Increase { more: 100, ..MORE })], [0.5, 0.7]);
        assert_eq!(sure(Increase { more: 100, then: 101, ..MORE }), 0.5, "there were more than that");
    }

    #[test]
    fn light_growth_is_told_in_step_with_the_rounds_or_if_it_is_plenty() {
        let told = |increase: Increase, rounds, is_of_series| increase.is_told(&window(rounds, is_of_series));
        assert!(told(MORE, Some(40), false) && !told(MORE, Some(27), false));
        assert!(told(Increase { is_heavy: true, ..MORE }, Some(27), false));
        assert!(!told(Increase { turns_over: true, ..MORE }, Some(40), false), "some go");
        // The windows of a series are judged together.
        assert!(told(MORE, Some(27), true) && told(Increase { turns_over: true, ..MORE }, Some(40), true));
        let plenty = Increase { more: 50, then: 100, ..MORE };
        assert!(told(plenty, None, false) && told(plenty, None, true));
        assert!(!told(plenty, Some(27), false), "out of step");
        assert!(!told(Increase { more: 49, then: 0, ..plenty }, None, false));
        assert!(!told(Increase { then: 101, ..plenty }, None, false), "not half as many as there were");
        assert!(!told(Increase { turns_over: true, ..plenty }, None, false));
        assert!(!told(Increase { turns_over: true, ..plenty }, None, true));
        assert!(!told(Increase { bound: Bound::Possible, ..plenty }, None, false));
    }
}
