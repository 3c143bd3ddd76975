//! Piles of timers: those of one kind and one place in the source, where there are more than a healthy program has.
//!
//! An interval lives until it is cleared, so more of them is a leak. What is called once goes by itself: more of it may be
//! work under way, unless it is due so late that nobody would wait for it, or starts itself again and again. Node's own
//! timers (of sockets, servers, signals) tell of what they belong to, and are left out. `O(timers)`.

use rustc_hash::{FxHashMap, FxHashSet};

use super::lists::{self, List, Timer, TimerKind};
use crate::analysis::node_ref::Describer;
use crate::analysis::places;
use crate::analysis::scripts::SourceLocation;
use crate::cancel::CancelToken;
use crate::causes::application;
use crate::causes::case::{Case, Explained};
use crate::error::Result;
use crate::graph::Snapshot;
use crate::snapshot::{NodeId, NodeIndex, NodeKind};

/// In one snapshot: so many of one site are suspicious by themselves.
const MANY: usize = 50;
/// A timeout due after an hour or more is no work under way.
const LONG_MS: u32 = 3_600_000;

/// Whose intervals are iterated over: who waits for the next turn tells the place. Source: Node `lib/timers/promises.js`.
const ITERATED: &str = "node:timers/promises";

/// Of what is called once, so many functions of the older snapshot must wait in new timers to say that they start
/// themselves again: fewer may have been started by somebody else.
const LEAST_RESTARTED: usize = 3;

/// What a timer keeps alone is looked at so far, for something older than it.
const MOST_KEPT: usize = 256;

/// More of it than there was.
#[derive(Clone, Copy)]
pub(super) struct PileGrowth {
    pub(super) count: u64,
    pub(super) bytes: u64,
}

/// Timers of one kind and one place.
pub(super) struct Pile<'a> {
    pub(super) kind: TimerKind,
    pub(super) location: SourceLocation,
    /// List by list.
    pub(super) timers: Vec<(&'a List, &'a Timer)>,
    pub(super) growth: Option<PileGrowth>,
    /// Whether those of the older snapshot have fired since, and each has set a timer to be called again.
    pub(super) is_restarted: bool,
}

impl<'a> Pile<'a> {
    /// The list that has most of them.
    pub(super) fn list(&self) -> Option<&'a List> {
        let mut counts: FxHashMap<NodeIndex, usize> = FxHashMap::default();
        for (list, _) in &self.timers {
            *counts.entry(list.node).or_default() += 1;
        }
        let lists = self.timers.iter().map(|&(list, _)| list);
        lists.max_by_key(|list| (counts[&list.node], std::cmp::Reverse(list.node)))
    }

    /// The shortest and the longest delay, if the snapshot tells.
    pub(super) fn delays_ms(&self) -> Option<(u32, u32)> {
        let delays = || self.timers.iter().filter_map(|(list, _)| list.delay_ms);
        Some((delays().min()?, delays().max()?))
    }

    /// Whether it can be no work under way.
    pub(super) fn is_lasting(&self) -> bool {
        let is_long = || self.delays_ms().is_some_and(|(shortest, _)| shortest >= LONG_MS);
        match self.kind {
            TimerKind::Interval => true,
            TimerKind::Timeout => self.is_restarted || is_long(),
            TimerKind::Immediate => self.is_restarted,
        }
    }

    /// The functions that wait in one timer only, by their ids, and that timer.
    fn functions(&self, snapshot: &Snapshot) -> FxHashMap<NodeId, NodeIndex> {
        let mut timers: FxHashMap<NodeId, NodeIndex> = FxHashMap::default();
        let mut shared = FxHashSet::default();
        for (_, timer) in &self.timers {
            let id = snapshot.heap.nodes.id(timer.function);
            if timers.insert(id, timer.node).is_some() {
                shared.insert(id);
            }
        }
        timers.retain(|id, _| !shared.contains(id));
        timers
    }

    /// Whether most of the functions that waited `then` wait in new timers now; or, as functions may be made anew each
    /// time, whether as many new timers keep something alone that is as old as the timers of `then`.
    fn is_restarted(&self, case: &Case<'_>, before: &Snapshot, then: &Pile<'_>) -> bool {
        let now = self.functions(case.after);
        let waited = then.functions(before);
        let again = waited.keys().filter(|id| now.get(id).is_some_and(|&timer| case.is_new(timer))).count();
        let new = || self.timers.iter().map(|(_, timer)| timer.node).filter(|&timer| case.is_new(timer));
        let inherited = || new().filter(|&timer| keeps_older(case, timer)).count();
        let is_most = |count: usize, of: usize| count >= LEAST_RESTARTED && 2 * count > of;
        is_most(again, waited.len()) || is_most(inherited(), then.timers.len())
    }

    pub(super) fn retained_size(&self) -> u64 {
        self.timers.iter().map(|(_, timer)| timer.retained_size).sum()
    }

    /// What the middle one keeps.
    pub(super) fn median_size(&self) -> u64 {
        let mut sizes: Vec<u64> = self.timers.iter().map(|(_, timer)| timer.retained_size).collect();
        sizes.sort_unstable();
        sizes.get(sizes.len() / 2).copied().unwrap_or(0)
    }

    fn count(&self) -> u64 {
        self.timers.len() as u64
    }
}

/// Whether a new timer keeps an old object that nothing else keeps: somebody handed it on. `O(objects kept)`, bounded.
fn keeps_older(case: &Case<'_>, timer: NodeIndex) -> bool {
    let Snapshot { heap, graph } = case.after;
    let is_object = |node| matches!(heap.nodes.kind(node), NodeKind::OBJECT | NodeKind::CLOSURE);
    let mut open = vec![timer];
    let mut kept = FxHashSet::from_iter([timer]);
    while let Some(node) = open.pop() {
        for edge in heap.nodes.edges(node) {
            let target = heap.edges.target(edge);
            // What is reached by ways that only the timer keeps is the timer's; asking the tree would look at every node.
            if !kept.contains(&graph.dominators.immediate_dominator(target)) || !kept.insert(target) {
                continue;
            }
            if is_object(target) && case.is_old(target) {
                return true;
            }
            if kept.len() > MOST_KEPT {
                return false;
            }
            open.push(target);
        }
    }
    false
}

/// All piles, those that retain most first.
pub(super) fn find<'a>(
    case: &Case<'_>,
    lists: &'a [List],
    explained: &Explained,
    cancel: &CancelToken,
) -> Result<Vec<Pile<'a>>> {
    let by_url = case.is_same_process;
    let mut piles = group(&case.describer(), lists, by_url, |node| !explained.contains(node));
    match (case.before, case.describer_before()) {
        (Some(before), Some(describer_before)) => {
            let least = case.window.least_growth();
            piles.retain(|_, pile| pile.count() >= least);
            if !piles.is_empty() {
                let lists_before = lists::read(case.instances(before, cancel)?, cancel)?;
                let then = group(&describer_before, &lists_before, by_url, |_| true);
                for (key, pile) in &mut piles {
                    let then = then.get(key);
                    pile.is_restarted = then.is_some_and(|then| pile.is_restarted(case, before, then));
                    let (count, bytes) = then.map_or((0, 0), |then| (then.count(), then.retained_size()));
                    let bytes = pile.retained_size().saturating_sub(bytes);
                    pile.growth = Some(PileGrowth { count: pile.count().saturating_sub(count), bytes });
                }
                let noise = case.least_bytes();
                piles.retain(|_, pile| {
                    pile.growth
                        .is_some_and(|growth| growth.count >= least && (pile.is_lasting() || growth.bytes >= noise))
                });
            }
        }
        _ => piles.retain(|_, pile| pile.timers.len() >= MANY && pile.is_lasting()),
    }
    let mut piles: Vec<(Key, Pile<'a>)> = piles.into_iter().collect();
    piles.sort_by_cached_key(|(key, pile)| (std::cmp::Reverse(pile.retained_size()), key.clone()));
    Ok(piles.into_iter().map(|(_, pile)| pile).collect())
}

/// What timers of two snapshots have in common, so that they can be compared: the place and what made them.
type Key = (String, &'static str);

/// Where the timer was made; nothing, if Node did for itself.
fn place(describer: &Describer<'_>, timer: &Timer) -> Option<SourceLocation> {
    let location = describer.location(timer.function)?;
    let (is_iterated, is_internal) = {
        let url = location.url.to_str();
        (url == ITERATED, url.starts_with("node:"))
    };
    if is_iterated { application::waiting(describer, timer.node) } else { Some(location).filter(|_| !is_internal) }
}

/// The timers by place and kind. A module that is loaded again has functions of its own, but at the same place.
fn group<'a>(
    describer: &Describer<'_>,
    lists: &'a [List],
    by_url: bool,
    is_counted: impl Fn(NodeIndex) -> bool,
) -> FxHashMap<Key, Pile<'a>> {
    let mut piles: FxHashMap<Key, Pile<'a>> = FxHashMap::default();
    for list in lists {
        for timer in list.timers.iter().filter(|timer| is_counted(timer.node)) {
            let Some(location) = place(describer, timer) else { continue };
            let place = match by_url {
                true => format!("{}:{}:{}", location.url, location.line, location.column),
                false => places::built_place(&location),
            };
            let pile = piles.entry((place, super::made_by(timer.kind))).or_insert_with(|| Pile {
                kind: timer.kind,
                location,
                timers: Vec::new(),
                growth: None,
                is_restarted: false,
            });
            pile.timers.push((list, timer));
        }
    }
    piles
}
