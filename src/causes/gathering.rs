//! Where things gather: who keeps the things of a kind that a cause has found, and by how much more of them there are.
//!
//! In two snapshots the owner of new things is the nearest dominator that was there before and keeps enough of them: the Map,
//! the array, the scope; then everything of the kind that it keeps is counted in both, so what turns over gains nothing. In
//! one, the owner is the nearest dominator that keeps enough. Things that several objects keep, none of them alone, are told
//! by the path to them.
//!
//! `O(things + nodes between them and their owners)`, one look at the ids of the older snapshot, and a search for a path per
//! owner.

use rustc_hash::{FxHashMap, FxHashSet};

use super::bound::Bound;
use super::case::Case;
use super::collections::{self, CollectionKind};
use super::grown::Collection;
use super::holder::Holder;
use super::increase::Increase;
use super::loader;
use crate::analysis::paths::{self, RetainingPath};
use crate::cancel::CancelToken;
use crate::error::Result;
use crate::graph::Snapshot;
use crate::snapshot::{NodeId, NodeIndex, NodeKind};

/// At least this part of what an owner gained must be things of the kind.
const MOST: f64 = 0.5;
/// At most so many owners are told; each is searched for its path.
const MOST_OWNERS: usize = 16;
/// At most so many things that nothing alone keeps are searched for a path.
const MOST_PATHS: usize = 64;
/// Classes whose objects hold things, and nothing else.
const CONTAINERS: [&str; 3] = ["Array", "Map", "Set"];

/// Something that a cause looks for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Thing {
    pub(super) node: NodeIndex,
    /// The bytes at stake.
    pub(super) bytes: u64,
}

/// The things that one owner keeps.
pub(super) struct Gathering {
    pub(super) owner: NodeIndex,
    /// In file order.
    pub(super) things: Vec<Thing>,
    /// Their bytes together.
    pub(super) bytes: u64,
    /// How many more than before; absent for a single snapshot.
    pub(super) more: Option<More>,
}

/// How much more there is.
pub(super) struct More {
    pub(super) bytes: u64,
    pub(super) increase: Increase,
}

/// The owners that gained things, most bytes first; none unless both snapshots are of one process. Told is what is in step
/// with the rounds, or heavy, and most of what the owner gained.
pub(super) fn grown(
    case: &Case<'_>,
    things: &[Thing],
    things_before: &[Thing],
    cancel: &CancelToken,
) -> Result<Vec<Gathering>> {
    grown_by(case, things, things_before, |_| true, cancel)
}

/// The same, where not everything may be an owner.
pub(super) fn grown_by(
    case: &Case<'_>,
    things: &[Thing],
    things_before: &[Thing],
    may_own: impl Fn(NodeIndex) -> bool,
    cancel: &CancelToken,
) -> Result<Vec<Gathering>> {
    let Some(before) = case.before.filter(|_| case.is_same_process) else { return Ok(Vec::new()) };
    let is_old_owner = |node: NodeIndex| !case.is_new(node) && is_owner(case.after, node) && may_own(node);
    let new: Vec<Thing> = things.iter().copied().filter(|thing| case.is_new(thing.node)).collect();
    let least = case.window.least_growth();
    if (new.len() as u64) < least {
        return Ok(Vec::new());
    }
    let mut owners = keepers(case.after, &new, least, 1, is_old_owner, cancel)?;
    let mut climb = Climb::new(case.after, |node| owners.contains(&node).then_some(node));
    let mut scattered = Vec::new();
    for thing in &new {
        if climb.owner(thing.node, cancel)?.is_none() {
            scattered.push(thing.node);
        }
    }
    // Too few to be told need no owner.
    let most_paths = if (scattered.len() as u64) < least { 0 } else { MOST_PATHS };
    for &node in scattered.iter().take(most_paths) {
        let path = paths::shortest_path(case.after, node, cancel)?.unwrap_or_default();
        let mut targets = path.iter().rev().map(|edge| case.after.heap.edges.target(edge.at()));
        owners.extend(targets.find(|&node| is_old_owner(node)));
    }
    if owners.is_empty() {
        return Ok(Vec::new());
    }
    let ids: FxHashMap<NodeId, NodeIndex> =
        owners.iter().map(|&owner| (case.after.heap.nodes.id(owner), owner)).collect();
    let before_of = |node: NodeIndex| ids.get(&before.heap.nodes.id(node)).copied();
    let mut then = share_out(before, things_before, before_of, most_paths, cancel)?;
    let owner_bytes = retained_before(before, &ids, cancel)?;
    let now = share_out(case.after, things, |node| owners.contains(&node).then_some(node), most_paths, cancel)?;
    let least_bytes = case.least_bytes();
    let mut gatherings: Vec<Gathering> = Vec::new();
    for (owner, things) in now {
        let then = then.remove(&owner).unwrap_or_default();
        let count = things.len() as u64;
        let bytes = sum(&things);
        let more_bytes = bytes.saturating_sub(sum(&then));
        let now_ids: FxHashSet<NodeId> = things.iter().map(|thing| case.after.heap.nodes.id(thing.node)).collect();
        let collection = Collection::read(&case.after.heap, owner);
        let increase = Increase {
            more: count.saturating_sub(then.len() as u64),
            then: then.len() as u64,
            turns_over: then.iter().any(|thing| !now_ids.contains(&before.heap.nodes.id(thing.node))),
            bound: collection.map_or(Bound::None, |collection| Bound::of(&case.describer(), &collection)),
            is_heavy: more_bytes >= least_bytes,
        };
        let retained = case.after.graph.dominators.retained_size(owner);
        let gained = retained.saturating_sub(owner_bytes.get(&owner).copied().unwrap_or(0));
        let is_most = more_bytes as f64 >= MOST * gained as f64;
        let is_told = increase.more >= least && increase.is_told(&case.window) && is_most;
        if is_told {
            gatherings.push(Gathering { owner, things, bytes, more: Some(More { bytes: more_bytes, increase }) });
        }
    }
    Ok(heaviest(gatherings))
}

/// The owners of one snapshot that keep at least `least_count` things of at least `least_bytes`, most bytes first.
pub(super) fn large(
    snapshot: &Snapshot,
    things: &[Thing],
    least_count: u64,
    least_bytes: u64,
    cancel: &CancelToken,
) -> Result<Vec<Gathering>> {
    if sum(things) < least_bytes {
        return Ok(Vec::new());
    }
    let owners = keepers(
        snapshot,
        things,
        least_count,
        least_bytes,
        |node| node == NodeIndex::ROOT || is_owner(snapshot, node),
        cancel,
    )?;
    let shares = share_out(snapshot, things, |node| owners.contains(&node).then_some(node), 0, cancel)?;
    let told = shares.into_iter().map(|(owner, things)| Gathering { owner, bytes: sum(&things), things, more: None });
    Ok(heaviest(told.collect()))
}

/// The nearest dominators that keep enough: what one has is not counted for those above it.
fn keepers(
    snapshot: &Snapshot,
    things: &[Thing],
    least_count: u64,
    least_bytes: u64,
    is_owner: impl Fn(NodeIndex) -> bool,
    cancel: &CancelToken,
) -> Result<FxHashSet<NodeIndex>> {
    #[derive(Default)]
    struct Keeper {
        /// Nodes that it dominates and that are not added up yet.
        waits_for: u32,
        count: u64,
        bytes: u64,
    }
    let dominators = &snapshot.graph.dominators;
    let mut keepers: FxHashMap<NodeIndex, Keeper> = FxHashMap::default();
    for (at, thing) in things.iter().enumerate() {
        if at.is_multiple_of(CancelToken::STRIDE / 16) {
            cancel.check()?;
        }
        let mut node = thing.node;
        let mut is_known = keepers.contains_key(&node);
        let keeper = keepers.entry(node).or_default();
        keeper.count += 1;
        keeper.bytes += thing.bytes;
        while !is_known && node != NodeIndex::ROOT {
            node = dominators.immediate_dominator(node);
            is_known = keepers.contains_key(&node);
            keepers.entry(node).or_default().waits_for += 1;
        }
    }
    let mut open: Vec<NodeIndex> = keepers.iter().filter(|(_, it)| it.waits_for == 0).map(|(&node, _)| node).collect();
    let mut enough = FxHashSet::default();
    let mut steps = 0;
    while let Some(node) = open.pop() {
        steps += 1;
        if steps % CancelToken::STRIDE == 0 {
            cancel.check()?;
        }
        let Some(&Keeper { count, bytes, .. }) = keepers.get(&node) else { continue };
        let is_enough = count >= least_count && bytes >= least_bytes;
        if is_enough && is_owner(node) {
            enough.insert(node);
        }
        if node == NodeIndex::ROOT {
            continue;
        }
        let dominator = dominators.immediate_dominator(node);
        let Some(above) = keepers.get_mut(&dominator) else { continue };
        if !enough.contains(&node) {
            above.count += count;
            above.bytes += bytes;
        }
        above.waits_for -= 1;
        if above.waits_for == 0 {
            open.push(dominator);
        }
    }
    Ok(enough)
}

/// Whose the things are, among owners; of those that none keeps alone, so many are searched for a path.
pub(super) fn share_out(
    snapshot: &Snapshot,
    things: &[Thing],
    owner: impl Fn(NodeIndex) -> Option<NodeIndex>,
    most_paths: usize,
    cancel: &CancelToken,
) -> Result<FxHashMap<NodeIndex, Vec<Thing>>> {
    let mut climb = Climb::new(snapshot, owner);
    let mut shares: FxHashMap<NodeIndex, Vec<Thing>> = FxHashMap::default();
    let mut scattered = 0;
    for &thing in things {
        let found = match climb.owner(thing.node, cancel)? {
            None if scattered < most_paths => {
                scattered += 1;
                let path = paths::shortest_path(snapshot, thing.node, cancel)?.unwrap_or_default();
                let targets = path.iter().rev().map(|edge| snapshot.heap.edges.target(edge.at()));
                targets.skip(1).find_map(&climb.stop)
            }
            None => (climb.stop)(NodeIndex::ROOT),
            found => found,
        };
        if let Some(owner) = found {
            shares.entry(owner).or_default().push(thing);
        }
    }
    Ok(shares)
}

/// The way up the dominators to an owner. `O(1)` amortised: no step is made twice.
struct Climb<'a, F> {
    snapshot: &'a Snapshot,
    /// The owner that a node is, if it is one.
    stop: F,
    known: FxHashMap<NodeIndex, Option<NodeIndex>>,
}

impl<'a, F: Fn(NodeIndex) -> Option<NodeIndex>> Climb<'a, F> {
    fn new(snapshot: &'a Snapshot, stop: F) -> Self {
        Self { snapshot, stop, known: FxHashMap::default() }
    }

    /// The nearest owner above the node; none below the root.
    fn owner(&mut self, node: NodeIndex, cancel: &CancelToken) -> Result<Option<NodeIndex>> {
        let mut way = Vec::new();
        let mut at = node;
        let found = loop {
            if at == NodeIndex::ROOT {
                break None;
            }
            at = self.snapshot.graph.dominators.immediate_dominator(at);
            if let Some(&known) = self.known.get(&at) {
                break known;
            }
            if at != NodeIndex::ROOT
                && let Some(owner) = (self.stop)(at)
            {
                break Some(owner);
            }
            way.push(at);
            if way.len().is_multiple_of(CancelToken::STRIDE) {
                cancel.check()?;
            }
        };
        self.known.extend(way.into_iter().map(|node| (node, found)));
        Ok(found)
    }
}

/// What the owners retained in the older snapshot.
fn retained_before(
    before: &Snapshot,
    owners: &FxHashMap<NodeId, NodeIndex>,
    cancel: &CancelToken,
) -> Result<FxHashMap<NodeIndex, u64>> {
    let mut retained = FxHashMap::default();
    if owners.is_empty() {
        return Ok(retained);
    }
    for (at, &id) in before.heap.nodes.ids().iter().enumerate() {
        if at.is_multiple_of(CancelToken::STRIDE) {
            cancel.check()?;
        }
        if let Some(&owner) = owners.get(&NodeId(id)) {
            retained.insert(owner, before.graph.dominators.retained_size(NodeIndex::from(at)));
        }
    }
    Ok(retained)
}

/// Whether the node is what people would call an owner: no array or other part of the VM's.
fn is_owner(snapshot: &Snapshot, node: NodeIndex) -> bool {
    matches!(snapshot.heap.nodes.kind(node), NodeKind::OBJECT | NodeKind::CLOSURE)
}

pub(super) fn sum(things: &[Thing]) -> u64 {
    things.iter().map(|thing| thing.bytes).sum()
}

fn heaviest(mut gatherings: Vec<Gathering>) -> Vec<Gathering> {
    gatherings.sort_by_key(|it| (std::cmp::Reverse(it.more.as_ref().map_or(it.bytes, |more| more.bytes)), it.owner));
    gatherings.truncate(MOST_OWNERS);
    gatherings
}

/// Where things have gathered, as people know it.
pub(super) struct Home {
    /// The collection, or whatever else keeps them.
    pub(super) node: NodeIndex,
    /// From the root to it.
    pub(super) path: RetainingPath,
    pub(super) holder: Holder,
    /// `Map cache`.
    pub(super) label: String,
    /// Whether the node is a container of the things, whose other contents came with them.
    pub(super) is_container: bool,
    /// Whether the things themselves are what it holds, rather than objects that have them.
    pub(super) is_direct: bool,
}

/// Where a gathering is; `None` if it is Node's own.
pub(super) fn home(case: &Case<'_>, gathering: &Gathering, cancel: &CancelToken) -> Result<Option<Home>> {
    let heap = &case.after.heap;
    let describer = case.describer();
    let Some(thing) = gathering.things.last() else { return Ok(None) };
    let mut path = paths::shortest_path(case.after, thing.node, cancel)?.unwrap_or_default();
    let target = |path: &RetainingPath, at: usize| heap.edges.target(path[at].at());
    let is_container = |node: NodeIndex| {
        heap.nodes.kind(node) == NodeKind::OBJECT && CONTAINERS.iter().any(|name| heap.node_is_named(node, name))
    };
    // The thing itself is no home.
    path.pop();
    let nearest = path.iter().rev().map(|edge| heap.edges.target(edge.at())).find(|&node| is_owner(case.after, node));
    match (0..path.len()).position(|at| target(&path, at) == gathering.owner) {
        Some(mut at) => {
            // What an object or scope keeps in an array, which may be made anew every time, is the array's.
            while !is_container(target(&path, at)) && at + 1 < path.len() && is_container(target(&path, at + 1)) {
                at += 1;
            }
            path.truncate(at + 1);
        }
        None => match (0..path.len()).rposition(|at| is_container(target(&path, at))) {
            Some(at) => path.truncate(at + 1),
            None => path = paths::shortest_path(case.after, gathering.owner, cancel)?.unwrap_or_default(),
        },
    }
    let node = path.last().map_or(gathering.owner, |edge| heap.edges.target(edge.at()));
    let kind = collections::kind(heap, node).unwrap_or(CollectionKind::Dictionary);
    let mut holder = Holder::of(&describer, &path, kind);
    holder.by_source(&describer, kind);
    if holder.is_internal || loader::is_loader_cache(&describer, &path) {
        return Ok(None);
    }
    let label = holder.label(&kind.noun(&describer.class_name(node).to_string()));
    let is_container = is_container(node) || node == gathering.owner && collections::kind(heap, node).is_some();
    Ok(Some(Home { node, path, holder, label, is_container, is_direct: nearest == Some(node) }))
}
