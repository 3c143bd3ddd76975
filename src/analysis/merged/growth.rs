//! Which places grew over several snapshots, each growth told once.
//!
//! A place grew if it has more nodes in every snapshot than in the one before ([`pace`]). What grows below it because it
//! grows (the fields of the objects that pile up) is its part; what grows faster than that is told by itself, and so is what is
//! reached through something that all of them share (a module's variable, by their scopes). A place with
//! many children that have names of their own but one class is a dictionary: they count as one. Work that piled up and
//! was done again is told as such. `O(places * snapshots)`.

use rustc_hash::FxHashMap;

use super::routes::Figures;
use super::tree::{NameIndex, PlaceIndex, Tree};
use crate::analysis::pace::{self, Pace};

/// So many names of one class beside each other make a dictionary.
const DICTIONARY: u32 = 24;
/// What is below a growing place is its part up to so many times what its own growth accounts for.
const FOLLOWS: u64 = 2;
/// A place with as many nodes as before grew if it has more bytes of its own than before, by this part of the heap,
const BYTES_SHARE: f64 = 0.002;
/// and what piled up and went is told if it was at least this part.
const BACKLOG_SHARE: f64 = 0.005;

/// A place that grew.
#[derive(Clone, Debug)]
pub struct Grown {
    /// The place, or the first of those that count as one.
    pub place: PlaceIndex,
    /// Whether it is one of several that count as one, so that the name of its last step says nothing.
    pub is_folded: bool,
    /// Nodes, by snapshot.
    pub counts: Vec<u64>,
    /// Their bytes, with all that is below, by snapshot.
    pub sizes: Vec<u64>,
    /// How it grew.
    pub pace: Pace,
    /// What else grew with it in the same place: keys beside their values.
    pub also: Vec<PlaceIndex>,
}

impl Grown {
    /// How many more nodes there are in each window.
    pub fn count_deltas(&self) -> Vec<i64> {
        deltas(&self.counts)
    }

    /// How many more bytes.
    pub fn size_deltas(&self) -> Vec<i64> {
        deltas(&self.sizes)
    }

    fn total(&self) -> i64 {
        self.size_deltas().iter().sum()
    }

    /// Those that matter most come first.
    fn rank(&self) -> (u8, i64) {
        let by_pace = match self.pace {
            Pace::Steady => 0,
            Pace::Uneven => 1,
            Pace::Waning => 2,
            Pace::Fell | Pace::Once => 3,
        };
        (by_pace, -self.total())
    }
}

/// The difference of each number to the one before it.
pub fn deltas(values: &[u64]) -> Vec<i64> {
    let difference = |pair: &[u64]| i64::try_from(i128::from(pair[1]) - i128::from(pair[0])).unwrap_or(i64::MAX);
    values.windows(2).map(difference).collect()
}

/// The places that grew, and the groups that places belong to.
pub struct Growth {
    /// Those that grew in step first, each with most bytes first.
    pub grown: Vec<Grown>,
    /// By place: the first place of its group.
    group: Vec<PlaceIndex>,
}

impl Growth {
    /// The first of the places that count as one with `place`: equal for all of them.
    pub fn group(&self, place: PlaceIndex) -> PlaceIndex {
        self.group.get(place.at()).copied().unwrap_or(place)
    }

    /// What grew from snapshot to snapshot; `rounds` by window.
    pub fn new(tree: &Tree, figures: &[Figures], rounds: Option<&[u32]>) -> Self {
        let view = View::new(tree, figures);
        let is_only = figures.len() <= 2;
        let least = |window: usize| pace::least_growth(rounds.and_then(|rounds| rounds.get(window)).copied(), is_only);
        let heap = view.sizes(0).first().copied().unwrap_or(0).max(1) as f64;
        let mut grown: Vec<Grown> = Vec::new();
        // By position of the view: the last of `grown` on the way there, and whether it is so because of that one's growth.
        let mut below: Vec<Option<(usize, bool)>> = vec![None; view.places.len()];
        for at in 1..view.places.len() {
            let counts = view.counts(at);
            let above = below[view.parents[at]];
            // What did not grow is not theirs, but shared by them.
            let above = above.map(|(grown, is_part)| (grown, is_part && counts.iter().max() > counts.first()));
            below[at] = above;
            let by_count = pace::pace(&deltas(counts), rounds, least);
            let pace = match by_count {
                Pace::Once if above.is_none() && is_heavier(counts, view.own(at), heap) => Pace::Steady,
                Pace::Once => continue,
                Pace::Fell if peak(view.sizes(at)) < BACKLOG_SHARE * heap => continue,
                pace => pace,
            };
            if above.is_some_and(|(above, is_part)| is_part && follows(counts, &grown[above].counts)) {
                continue;
            }
            let sizes = view.sizes(at).to_vec();
            if let Some((above, _)) = above {
                grown[above].sizes.iter_mut().zip(&sizes).for_each(|(all, part)| *all = all.saturating_sub(*part));
            }
            below[at] = Some((grown.len(), true));
            let place = view.places[at];
            let is_folded = view.is_folded[at];
            grown.push(Grown { place, is_folded, counts: counts.to_vec(), sizes, pace, also: Vec::new() });
        }
        let mut grown = together(tree, grown);
        grown.sort_by_key(Grown::rank);
        Self { grown, group: view.group() }
    }
}

/// Whether the place has no more nodes in any window, but enough more bytes of its own in every one.
fn is_heavier(counts: &[u64], own: &[u64], heap: f64) -> bool {
    own.len() > 1
        && deltas(counts).iter().all(|&delta| delta <= 0)
        && deltas(own).iter().all(|&delta| delta as f64 >= BYTES_SHARE * heap)
}

/// By how much the greatest of the sizes exceeds the first.
fn peak(sizes: &[u64]) -> f64 {
    let first = sizes.first().copied().unwrap_or(0);
    sizes.iter().copied().max().unwrap_or(0).saturating_sub(first) as f64
}

/// Whether what is below grows because what is above does: by about as many as each above has.
fn follows(below: &[u64], above: &[u64]) -> bool {
    let more = |counts: &[u64]| {
        let greatest = counts.iter().copied().max().unwrap_or(0);
        greatest.saturating_sub(counts.first().copied().unwrap_or(0))
    };
    let each = below.last().copied().unwrap_or(0).div_ceil(above.last().copied().unwrap_or(0).max(1)).max(1);
    more(below) <= FOLLOWS.saturating_mul(more(above)).saturating_mul(each)
}

/// Keys and values that come together are one growth, named by the heavier.
fn together(tree: &Tree, grown: Vec<Grown>) -> Vec<Grown> {
    let mut first: FxHashMap<(PlaceIndex, Vec<i64>), usize> = FxHashMap::default();
    let mut joined: Vec<Grown> = Vec::new();
    for mut one in grown {
        let is_entry = one.is_folded || tree.step(one.place).0 == NameIndex::FOLDED;
        let key = (tree.parent(one.place), one.count_deltas());
        let position = if is_entry { *first.entry(key).or_insert(joined.len()) } else { joined.len() };
        let Some(other) = joined.get_mut(position) else {
            joined.push(one);
            continue;
        };
        if one.total() > other.total() {
            std::mem::swap(other, &mut one);
            other.also = std::mem::take(&mut one.also);
        }
        other.also.push(one.place);
        other.sizes.iter_mut().zip(&one.sizes).for_each(|(all, part)| *all = all.saturating_add(*part));
    }
    joined
}

/// The tree with dictionaries folded, and the figures of all snapshots. The first position is the root's; parents come
/// before their children.
struct View {
    snapshots: usize,
    /// By position: the first place there.
    places: Vec<PlaceIndex>,
    parents: Vec<usize>,
    is_folded: Vec<bool>,
    /// By place: its position.
    positions: Vec<usize>,
    counts: Vec<u64>,
    own: Vec<u64>,
    sizes: Vec<u64>,
}

impl View {
    fn new(tree: &Tree, figures: &[Figures]) -> Self {
        // By parent and class: how many names.
        let mut names: FxHashMap<(PlaceIndex, NameIndex), u32> = FxHashMap::default();
        for place in tree.indices() {
            let (edge, class) = tree.step(place);
            if edge != NameIndex::FOLDED {
                *names.entry((tree.parent(place), class)).or_default() += 1;
            }
        }
        let mut view = Self {
            snapshots: figures.len(),
            places: vec![PlaceIndex::ROOT],
            parents: vec![0],
            is_folded: vec![false],
            positions: vec![0; tree.len()],
            counts: Vec::new(),
            own: Vec::new(),
            sizes: Vec::new(),
        };
        let mut children: FxHashMap<(usize, NameIndex, NameIndex), usize> = FxHashMap::default();
        for place in tree.indices() {
            let (edge, class) = tree.step(place);
            let is_key = names.get(&(tree.parent(place), class)).is_some_and(|&names| names >= DICTIONARY);
            let edge = if is_key { NameIndex::FOLDED } else { edge };
            let parent = view.positions[tree.parent(place).at()];
            let position = *children.entry((parent, edge, class)).or_insert_with(|| {
                view.places.push(place);
                view.parents.push(parent);
                view.is_folded.push(is_key);
                view.places.len() - 1
            });
            view.positions[place.at()] = position;
        }
        let length = view.places.len() * view.snapshots;
        (view.counts, view.own) = (vec![0; length], vec![0; length]);
        for (snapshot, figures) in figures.iter().enumerate() {
            for (place, (count, bytes)) in figures.count.iter().zip(&figures.bytes).enumerate() {
                // The machinery is nobody's growth.
                if place != PlaceIndex::MACHINERY.at() {
                    let at = view.positions[place] * view.snapshots + snapshot;
                    view.counts[at] += count;
                    view.own[at] = view.own[at].saturating_add(*bytes);
                }
            }
        }
        view.sizes = view.own.clone();
        for at in (1..view.places.len()).rev() {
            for snapshot in 0..view.snapshots {
                let size = view.sizes[at * view.snapshots + snapshot];
                let above = &mut view.sizes[view.parents[at] * view.snapshots + snapshot];
                *above = above.saturating_add(size);
            }
        }
        view
    }

    fn of<'a>(&self, column: &'a [u64], at: usize) -> &'a [u64] {
        &column[at * self.snapshots..(at + 1) * self.snapshots]
    }

    fn counts(&self, at: usize) -> &[u64] {
        self.of(&self.counts, at)
    }

    fn own(&self, at: usize) -> &[u64] {
        self.of(&self.own, at)
    }

    fn sizes(&self, at: usize) -> &[u64] {
        self.of(&self.sizes, at)
    }

    /// By place: the first of those that count as one with it.
    fn group(&self) -> Vec<PlaceIndex> {
        let mut group: Vec<PlaceIndex> = self.positions.iter().map(|&at| self.places[at]).collect();
        group[PlaceIndex::MACHINERY.at()] = PlaceIndex::MACHINERY;
        group
    }
}
