//! What of the older snapshot is the same thing as an object of the newer one: by id in one process; in two, by its merged
//! path, where nothing else in either snapshot has that path.
//!
//! `O(n)` by id; by path `O(n + e)` for both snapshots, once a case, with 12 bytes a node of each.

use std::cell::OnceCell;

use rustc_hash::FxHashMap;

use super::case::Case;
use crate::analysis::merged::growth::Growth;
use crate::analysis::merged::routes::{Figures, Routes};
use crate::analysis::merged::tree::{PlaceIndex, Tree};
use crate::cancel::CancelToken;
use crate::error::Result;
use crate::graph::Snapshot;
use crate::snapshot::{NodeId, NodeIndex};

/// The places of two snapshots of different processes.
pub(super) struct Places {
    before: Routes,
    after: Routes,
    figures: [Figures; 2],
    /// What grew, place by place.
    pub(super) growth: Growth,
}

impl Places {
    fn new(before: &Snapshot, after: &Snapshot, rounds: Option<u32>, cancel: &CancelToken) -> Result<Self> {
        let mut tree = Tree::default();
        let (before, figures_before) = Routes::new(before, &mut tree, cancel)?;
        let (after, figures_after) = Routes::new(after, &mut tree, cancel)?;
        let figures = [figures_before, figures_after];
        let rounds = rounds.map(|rounds| [rounds]);
        let growth = Growth::new(&tree, &figures, rounds.as_ref().map(<[u32; 1]>::as_slice));
        Ok(Self { before, after, figures, growth })
    }

    /// Whether one node alone stands in the place, in both snapshots.
    fn is_single(&self, place: PlaceIndex) -> bool {
        place != PlaceIndex::MACHINERY
            && self.figures.iter().all(|figures| figures.count.get(place.at()).is_some_and(|&count| count == 1))
    }

    /// The nodes of the newer snapshot that count as one place with `place`. `O(n)`.
    pub(super) fn members(&self, place: PlaceIndex) -> Vec<NodeIndex> {
        let group = self.growth.group(place);
        let places = self.after.places().iter().enumerate();
        let here = places.filter(|&(_, &it)| it != PlaceIndex::NOWHERE && self.growth.group(it) == group);
        here.map(|(at, _)| NodeIndex::from(at)).collect()
    }

    /// What holds the node of the newer snapshot, the VM's arrays for entries aside.
    pub(super) fn holder(&self, node: NodeIndex) -> NodeIndex {
        let above = self.after.upwards(node).nth(1).unwrap_or(NodeIndex::ROOT);
        // An array for entries has the place of its object.
        let place = self.after.place(above);
        self.after.upwards(above).take_while(|&it| self.after.place(it) == place).last().unwrap_or(above)
    }
}

/// The places of a case, found when somebody asks.
#[derive(Default)]
pub(super) struct LazyPlaces(OnceCell<Places>);

impl LazyPlaces {
    /// The places; `None` unless there are two snapshots of different processes.
    pub(super) fn get(&self, case: &Case<'_>, cancel: &CancelToken) -> Result<Option<&Places>> {
        let Some(before) = case.before.filter(|_| !case.is_same_process) else { return Ok(None) };
        if self.0.get().is_none() {
            let places = Places::new(before, case.after, case.window.rounds, cancel)?;
            return Ok(Some(self.0.get_or_init(|| places)));
        }
        Ok(self.0.get())
    }
}

/// Those of `nodes`, of the newer snapshot, that the older one has too, each with its counterpart; ascending by that.
pub(super) fn counterparts(
    case: &Case<'_>,
    nodes: &[NodeIndex],
    cancel: &CancelToken,
) -> Result<Vec<(NodeIndex, NodeIndex)>> {
    let Some(before) = case.before else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    if let Some(places) = case.places(cancel)? {
        let mut by_place: FxHashMap<PlaceIndex, NodeIndex> = FxHashMap::default();
        by_place.extend(nodes.iter().map(|&node| (places.after.place(node), node)).filter(|it| places.is_single(it.0)));
        for then in before.heap.nodes.indices() {
            if then.at().is_multiple_of(CancelToken::STRIDE) {
                cancel.check()?;
            }
            // The object itself, not its array, is the one whose place differs from that above.
            let place = places.before.place(then);
            if let Some(&now) = by_place.get(&place)
                && places.before.upwards(then).nth(1).is_none_or(|above| places.before.place(above) != place)
            {
                found.push((now, then));
            }
        }
        return Ok(found);
    }
    let mut by_id: FxHashMap<NodeId, NodeIndex> =
        nodes.iter().map(|&node| (case.after.heap.nodes.id(node), node)).collect();
    for then in before.heap.nodes.indices() {
        if then.at().is_multiple_of(CancelToken::STRIDE) {
            cancel.check()?;
        }
        if let Some(now) = by_id.remove(&before.heap.nodes.id(then)) {
            found.push((now, then));
        }
    }
    Ok(found)
}
