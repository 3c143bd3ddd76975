//! What causes look at: one snapshot, or two, and what is known of the time between them.

use std::sync::{Arc, OnceLock};

use super::counterparts::{LazyPlaces, Places};
use super::finding::Finding;
use super::grown::LazyLonger;
use super::instances::Instances;
use crate::analysis::disclosure::StringContents;
use crate::analysis::node_ref::Describer;
use crate::analysis::pace;
use crate::analysis::paths;
use crate::analysis::program_root::ProgramRoot;
use crate::analysis::scripts::Scripts;
use crate::analysis::signature::Signature;
use crate::analysis::sources::Sources;
use crate::cancel::CancelToken;
use crate::error::Result;
use crate::graph::Snapshot;
use crate::graph::bitset::Bitset;
use crate::snapshot::{NodeId, NodeIndex};

/// How much a pair of snapshots must differ before growth counts: what is known of the time between them.
#[derive(Clone, Debug)]
pub struct Window {
    /// How many rounds of the same work were done.
    pub rounds: Option<u32>,
    /// What a round is called: `request`, `job`.
    pub unit: String,
    /// Whether it is one of several, which are judged together: then the pace is not to be judged by one.
    pub is_of_series: bool,
}

impl Window {
    /// Growth per round may be so far from a whole number.
    const NEARLY: f64 = 0.02;
    /// Growth below this part of the older heap is noise,
    const NOISE: f64 = 0.02;
    /// and in one of several windows this part: noise is not in every one of them,
    const NOISE_OF_SERIES: f64 = 0.005;
    /// or this, if they must be in step with the rounds, which it does not keep.
    const NOISE_OF_ROUNDS: f64 = 0.002;

    /// How many more things there must be, at least, to be called growth. Pools and lazily made singletons add a few.
    pub fn least_growth(&self) -> u64 {
        pace::least_growth(self.rounds, !self.is_of_series)
    }

    /// The same per round, if the rounds are known.
    pub fn per_round(&self, count: u64) -> Option<f64> {
        self.rounds.filter(|&rounds| rounds > 0).map(|rounds| count as f64 / f64::from(rounds))
    }

    /// Growth below this part of the older heap is noise.
    pub fn noise(&self) -> f64 {
        match self.rounds {
            _ if !self.is_of_series => Self::NOISE,
            None => Self::NOISE_OF_SERIES,
            Some(_) => Self::NOISE_OF_ROUNDS,
        }
    }

    /// Whether the growth is a whole number per round, but for work in progress at the time of a snapshot.
    pub fn is_paced(&self, count: u64) -> bool {
        self.per_round(count).is_some_and(|per_round| {
            let whole = per_round.round();
            whole >= 1.0 && (per_round - whole).abs() <= Self::NEARLY * whole
        })
    }

    /// Whether the growth is a whole number per round: the mark of a leak.
    pub fn is_exact(&self, count: u64) -> bool {
        self.rounds.is_some_and(|rounds| rounds > 1 && count > 0 && count.is_multiple_of(rounds.into()))
    }
}

/// What causes look at.
pub struct Case<'a> {
    /// The older snapshot of a pair.
    pub before: Option<&'a Snapshot>,
    /// The newer one, or the only one.
    pub after: &'a Snapshot,
    /// Whether both are of one process, so that ids mean the same objects.
    pub is_same_process: bool,
    /// The time between.
    pub window: Window,
    /// Whether answers may hold contents of strings.
    pub contents: StringContents,
    scripts_before: Scripts,
    scripts_after: Scripts,
    sources: Option<Arc<Sources>>,
    last_id_before: u32,
    places: LazyPlaces,
    pub(super) longer: LazyLonger,
    root: OnceLock<ProgramRoot>,
    instances_before: OnceLock<Instances<'a>>,
    instances_after: OnceLock<Instances<'a>>,
}

impl<'a> Case<'a> {
    /// A case of one snapshot, or of two.
    pub fn new(
        before: Option<&'a Snapshot>,
        after: &'a Snapshot,
        is_same_process: bool,
        window: Window,
        contents: StringContents,
    ) -> Self {
        Self {
            before,
            after,
            is_same_process,
            window,
            contents,
            scripts_before: before.map_or_else(Scripts::default, |before| Scripts::new(&before.heap)),
            scripts_after: Scripts::new(&after.heap),
            sources: None,
            last_id_before: before.map_or(0, last_id),
            places: LazyPlaces::default(),
            longer: LazyLonger::default(),
            root: OnceLock::new(),
            instances_before: OnceLock::new(),
            instances_after: OnceLock::new(),
        }
    }

    /// How many more bytes there must be to be more than noise.
    pub fn least_bytes(&self) -> u64 {
        let size = self.before.map_or(0, |before| before.graph.dominators.retained_size(NodeIndex::ROOT));
        ((self.window.noise() * size as f64) as u64).max(1)
    }

    /// The same, telling also what the source says.
    pub fn with_sources(self, sources: Arc<Sources>) -> Self {
        Self { sources: Some(sources), ..self }
    }

    /// Speaks of nodes of the newer snapshot.
    pub fn describer(&self) -> Describer<'_> {
        self.with_source_of(Describer::new(self.after, &self.scripts_after, self.contents))
    }

    fn with_source_of<'d>(&'d self, describer: Describer<'d>) -> Describer<'d> {
        self.sources.as_deref().map_or(describer, |sources| describer.with_sources(sources))
    }

    /// Speaks of nodes of the older snapshot, if there is one.
    pub fn describer_before(&self) -> Option<Describer<'_>> {
        self.before.map(|before| self.with_source_of(Describer::new(before, &self.scripts_before, self.contents)))
    }

    /// A signature in the making, of a leak of this cause.
    pub(super) fn signature(&self, cause: &str) -> Signature<'_> {
        Signature::new(cause, self.root.get_or_init(|| ProgramRoot::of(self.after)))
    }

    /// The objects of one of the two snapshots, by name.
    pub(super) fn instances(&self, snapshot: &Snapshot, cancel: &CancelToken) -> Result<&Instances<'a>> {
        let (known, snapshot) = match self.before {
            Some(before) if std::ptr::eq(before, snapshot) => (&self.instances_before, before),
            _ => (&self.instances_after, self.after),
        };
        match known.get() {
            Some(instances) => Ok(instances),
            None => {
                let instances = Instances::new(snapshot, cancel)?;
                Ok(known.get_or_init(|| instances))
            }
        }
    }

    /// The places of two snapshots of different processes; of others, there is nothing to ask.
    pub(super) fn places(&self, cancel: &CancelToken) -> Result<Option<&Places>> {
        self.places.get(self, cancel)
    }

    /// Whether an object of the newer snapshot was made after the older one. Never, if ids cannot tell: then, and for native
    /// objects, whose ids are made anew in every snapshot.
    pub fn is_new(&self, node: NodeIndex) -> bool {
        let NodeId(id) = self.after.heap.nodes.id(node);
        self.before.is_some() && self.is_same_process && id % 2 == 1 && id > self.last_id_before
    }

    /// Whether an object of the newer snapshot was there in the older one; the counterpart of [`Self::is_new`], and as little
    /// known.
    pub fn is_old(&self, node: NodeIndex) -> bool {
        let NodeId(id) = self.after.heap.nodes.id(node);
        self.before.is_some() && self.is_same_process && id % 2 == 1 && id <= self.last_id_before
    }
}

/// The greatest id of an object.
fn last_id(snapshot: &Snapshot) -> u32 {
    snapshot.heap.nodes.ids().iter().copied().filter(|id| id % 2 == 1).max().unwrap_or(0)
}

/// A finding, and what it explains.
pub struct Claim {
    /// What is told.
    pub finding: Finding,
    /// The nodes whose bytes it accounts for, with all that they keep.
    pub explains: Vec<NodeIndex>,
}

/// The nodes of the newer snapshot whose bytes some finding accounts for: a bit a node.
pub struct Explained(Bitset);

impl Explained {
    /// What more refer to is everybody's.
    const MOST_RETAINERS: usize = 8;

    /// None yet.
    pub fn nothing(case: &Case<'_>) -> Self {
        Self(Bitset::new(case.after.heap.nodes.len()))
    }

    /// Whether the node's bytes are accounted for.
    pub fn contains(&self, node: NodeIndex) -> bool {
        self.0.contains(node.at())
    }

    /// Adds `tops`, all that they dominate, and all new objects that they keep together with others: without the leak they
    /// would not have piled up either. In a single snapshot, where nothing is known to be new, what nothing else keeps.
    /// `O(nodes added + their edges)`.
    pub fn add(&mut self, case: &Case<'_>, tops: &[NodeIndex], cancel: &CancelToken) -> Result<()> {
        let snapshot = case.after;
        let essential = paths::essential_edges(snapshot);
        let mut open: Vec<NodeIndex> = tops.iter().copied().filter(|top| self.0.insert(top.at())).collect();
        let mut steps = 0;
        while let Some(node) = open.pop() {
            for edge in snapshot.heap.nodes.edges(node) {
                steps += 1;
                if steps % CancelToken::STRIDE == 0 {
                    cancel.check()?;
                }
                let target = snapshot.heap.edges.target(edge);
                let dominator = snapshot.graph.dominators.immediate_dominator(target);
                let is_kept = || {
                    self.contains(dominator)
                        || case.is_new(target)
                        || case.before.is_none() && self.is_kept_by_these(snapshot, target)
                };
                let is_added = !self.contains(target) && essential.contains(node, edge) && is_kept();
                if is_added && self.0.insert(target.at()) {
                    open.push(target);
                }
            }
        }
        Ok(())
    }

    /// Whether all of the few that refer to the node are accounted for.
    fn is_kept_by_these(&self, snapshot: &Snapshot, node: NodeIndex) -> bool {
        let mut retainers = snapshot.graph.retainers.of(&snapshot.heap.nodes, node);
        retainers.by_ref().take(Self::MOST_RETAINERS).all(|(_, retainer)| self.contains(retainer))
            && retainers.next().is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(rounds: Option<u32>, is_of_series: bool) -> Window {
        Window { rounds, unit: "request".to_owned(), is_of_series }
    }

    #[test]
    fn the_more_is_known_of_the_time_between_the_less_growth_is_noise() {
        let least = |rounds, is_of_series| window(rounds, is_of_series).least_growth();
        assert_eq!([least(None, false), least(None, true)], [10, 3]);
        assert_eq!([least(Some(1), false), least(Some(7), false)], [3, 7]);
        assert_eq!([least(Some(40), false), least(Some(300), false)], [10, 30]);
        let noise = |rounds, is_of_series| window(rounds, is_of_series).noise();
        assert_eq!([noise(None, false), noise(Some(40), false)], [0.02, 0.02], "the pace is for others to tell");
        assert_eq!([noise(None, true), noise(Some(40), true)], [0.005, 0.002]);
    }

    #[test]
    fn a_leak_takes_a_whole_number_from_each_round() {
        let paced = |rounds, count| window(Some(rounds), false).is_paced(count);
        assert!(paced(40, 40) && paced(40, 120));
        assert!(paced(80, 81) && paced(80, 79), "one is under way");
        assert!(!paced(40, 60) && !paced(80, 83));
        assert!(!paced(40, 0) && !paced(0, 40));
        assert!(!window(None, false).is_paced(40));
        let exact = |rounds, count| window(rounds, false).is_exact(count);
        assert!(exact(Some(40), 40) && exact(Some(40), 120));
        assert!(!exact(Some(80), 81) && !exact(Some(40), 0) && !exact(None, 40));
        assert!(!exact(Some(1), 40), "one round says nothing");
        assert_eq!(window(Some(0), false).per_round(40), None);
    }
}
