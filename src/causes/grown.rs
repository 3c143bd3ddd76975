//! Collections that have more entries than in the older snapshot.
//!
//! An object, known by its id or, in another process, by its place ([`counterparts`]), whose entries are counted in both
//! snapshots; so what turns over does not grow. A new one counts if it is a copy of what was in its place, and more
//! ([`replaced`]). Only nodes with many edges are looked at: `O(n)` for finding them and their like in the older snapshot,
//! then `O(entries)`.

use std::sync::OnceLock;

use rustc_hash::{FxHashMap, FxHashSet};

use super::bound::Bound;
use super::case::{Case, Explained};
use super::collections::{self, CollectionKind, Entry};
use super::counterparts;
use super::increase::Increase;
use super::oddballs;
use super::replaced;
use crate::cancel::CancelToken;
use crate::error::Result;
use crate::graph::Snapshot;
use crate::snapshot::{EdgeKind, Heap, NodeId, NodeIndex, NodeKind};

/// At most so many collections are told; each is searched for its path.
const MOST: usize = 64;
/// So many parts of an entry are looked at.
const MOST_PARTS: usize = 16;

/// A collection, and what it holds.
#[derive(Clone)]
pub(super) struct Collection {
    pub(super) node: NodeIndex,
    pub(super) kind: CollectionKind,
    pub(super) entries: Vec<Entry>,
    /// How many of them are `null` or `undefined`, as far as the snapshot tells.
    pub(super) nothing: u64,
    /// How many collections inside of it have these entries; none, if they are its own.
    pub(super) parts: usize,
    /// For how many entries there is room, where that is all that is known of them.
    pub(super) room: Option<u64>,
}

impl Collection {
    /// Reads `node`; `None` if it is no collection.
    pub(super) fn read(heap: &Heap, node: NodeIndex) -> Option<Self> {
        let kind = collections::kind(heap, node)?;
        let entries = collections::entries(heap, node, kind);
        let nothing = if kind == CollectionKind::Dictionary { collections::count_nothing(heap, node) } else { 0 };
        Some(Self { node, kind, entries, nothing, parts: 0, room: None })
    }

    /// Reads of `node` only the room that it has; `None` if it is no collection.
    pub(super) fn room_of(heap: &Heap, node: NodeIndex) -> Option<Self> {
        let kind = collections::kind(heap, node)?;
        let room = Some(collections::room(heap, node, kind));
        Some(Self { node, kind, entries: Vec::new(), nothing: 0, parts: 0, room })
    }

    /// How many entries it has, or for how many it has room.
    pub(super) fn count(&self) -> u64 {
        self.room.unwrap_or(self.entries.len() as u64)
    }
}

/// A collection that grew.
pub(super) struct Grown {
    pub(super) collection: Collection,
    /// How many more entries there are.
    pub(super) more: u64,
    /// How many more of them are `null` or `undefined`.
    pub(super) more_nothing: u64,
    /// By how much its new entries, and its table, are heavier.
    pub(super) bytes: u64,
    /// The objects and strings that came with new entries.
    pub(super) members: Vec<NodeIndex>,
    /// How many more of them another cause has told of.
    told_elsewhere: usize,
    /// How they came.
    increase: Increase,
}

impl Grown {
    /// That of a collection of which only the room is known.
    pub(super) fn in_room(
        case: &Case<'_>,
        before: &Snapshot,
        then: &Collection,
        now: Collection,
        bound: Bound,
    ) -> Self {
        let more = now.count().saturating_sub(then.count());
        let bytes = table_size(&case.after.heap, now.node).saturating_sub(table_size(&before.heap, then.node));
        Self {
            more,
            more_nothing: 0,
            bytes,
            members: Vec::new(),
            told_elsewhere: 0,
            increase: Increase {
                more,
                then: then.count(),
                turns_over: false,
                bound,
                is_heavy: bytes >= case.least_bytes(),
            },
            collection: now,
        }
    }

    /// How sure it is that the growth is without bound.
    pub(super) fn confidence(&self, case: &Case<'_>) -> f64 {
        let confidence = match self.collection.room {
            Some(_) => self.increase.confidence_by_room(&case.window),
            None => self.increase.confidence(&case.window),
        };
        // Two processes may differ for better reasons than a leak, such as their load.
        match () {
            () if case.is_same_process => confidence,
            () if case.window.is_exact(self.more) => confidence.min(0.8),
            () if case.window.is_paced(self.more) => confidence.min(0.7),
            () => confidence.min(0.5),
        }
    }

    /// Whether it is growth, and not noise.
    pub(super) fn is_told(&self, case: &Case<'_>) -> bool {
        let is_comparable = case.is_same_process || self.increase.is_heavy || self.increase.is_paced(&case.window);
        is_comparable
            && match self.collection.room {
                Some(_) => self.increase.is_told_by_room(&case.window),
                None => self.increase.is_told(&case.window),
            }
    }
}

/// A collection that has more entries than before, whoever tells of it.
struct Longer {
    then: Collection,
    now: Collection,
    /// Whether it is another object, in the place of the one that was there.
    is_replacement: bool,
}

/// The collections of a case that have more entries than before, found when somebody first asks.
#[derive(Default)]
pub(super) struct LazyLonger(OnceLock<Vec<Longer>>);

impl LazyLonger {
    fn get(&self, case: &Case<'_>, cancel: &CancelToken) -> Result<&[Longer]> {
        match self.0.get() {
            Some(longer) => Ok(longer),
            None => {
                let longer = longer(case, cancel)?;
                Ok(self.0.get_or_init(|| longer))
            }
        }
    }
}

fn longer(case: &Case<'_>, cancel: &CancelToken) -> Result<Vec<Longer>> {
    let Some(before) = case.before else { return Ok(Vec::new()) };
    let least = case.window.least_growth();
    let mut candidates: FxHashMap<NodeIndex, Collection> = FxHashMap::default();
    let mut new = Vec::new();
    for node in large(case.after, least, cancel)? {
        cancel.check()?;
        if case.is_new(node) {
            new.push(node);
        } else if let Some(collection) = Collection::read(&case.after.heap, node).filter(|it| it.count() >= least) {
            candidates.insert(node, collection);
        }
    }
    let mut nodes: Vec<NodeIndex> = candidates.keys().copied().collect();
    nodes.sort_unstable();
    let mut found = Vec::new();
    let mut add = |then, now: Option<Collection>, is_replacement| {
        if let (Some(now), Some(then)) = (now, Collection::read(&before.heap, then))
            && then.kind == now.kind
            && now.count() >= then.count() + least
        {
            found.push(Longer { then, now, is_replacement });
        }
    };
    for (now, then) in counterparts::counterparts(case, &nodes, cancel)? {
        cancel.check()?;
        add(then, candidates.remove(&now), false);
    }
    // A copy of all that was there, and more: what merely has another content now is no growth.
    for (then, now) in replaced::replaced(case, before, new.into_iter(), cancel)? {
        add(then, Collection::read(&case.after.heap, now), true);
    }
    Ok(found)
}

/// All collections that grew, most bytes first; of different processes, those that are alone in their place. What is
/// explained is not told again, nor is growth that is neither paced nor heavy.
pub(super) fn grown(case: &Case<'_>, explained: &Explained, cancel: &CancelToken) -> Result<Vec<Grown>> {
    let Some(before) = case.before else { return Ok(Vec::new()) };
    let mut grown = Vec::new();
    for Longer { then, now, is_replacement } in case.longer.get(case, cancel)? {
        cancel.check()?;
        if explained.contains(now.node) {
            continue;
        }
        let one = gained(case, before, then, now.clone(), explained).filter(|one| one.is_told(case));
        grown.extend(one.filter(|one| !is_replacement || !one.increase.turns_over && one.increase.then > 0));
    }
    grown.sort_by_key(|grown| std::cmp::Reverse((grown.bytes, grown.collection.count())));
    grown.truncate(MOST);
    Ok(grown)
}

/// The growth of one collection, if it has so many more entries that somebody else has not told of yet.
pub(super) fn gained(
    case: &Case<'_>,
    before: &Snapshot,
    then: &Collection,
    now: Collection,
    explained: &Explained,
) -> Option<Grown> {
    if then.kind != now.kind || now.count() < then.count() + case.window.least_growth() {
        return None;
    }
    let mut one = compare(case, before, then, now, explained);
    // Growth that is not proportional to the rounds must be more than noise.
    one.increase.is_heavy = one.bytes >= case.least_bytes();
    // Without new members of its own, what was there has moved, or another cause has told of what came.
    let is_own = one.members.len() > one.told_elsewhere;
    (is_own || one.told_elsewhere == 0 && is_of_repeats(&case.after.heap, &one.collection)).then_some(one)
}

/// Whether most entries are of a few things, again and again: `true` and `false`, texts of the program, known objects. What moves
/// from one list to another comes once; and `null` stands where something was, until the list is cut.
fn is_of_repeats(heap: &Heap, collection: &Collection) -> bool {
    let is_nothing = |node: NodeIndex| oddballs::is_null(heap, node) || oddballs::is_undefined(heap, node);
    let is_something = |entry: &&Entry| !entry.value.is_some_and(is_nothing);
    let mut seen = FxHashSet::default();
    let is_again = |entry: &&Entry| match (entry.key, entry.name) {
        (None, None) => !seen.insert((None, None, entry.value)),
        (key, name) => !seen.insert((key, name, None)),
    };
    let again = collection.entries.iter().filter(is_something).filter(is_again).count();
    2 * again >= collection.entries.len()
}

/// Objects that might be collections of at least so many entries, ascending.
pub(super) fn large(snapshot: &Snapshot, least: u64, cancel: &CancelToken) -> Result<Vec<NodeIndex>> {
    let heap = &snapshot.heap;
    let mut found = Vec::new();
    for node in heap.nodes.indices() {
        if node.at().is_multiple_of(CancelToken::STRIDE) {
            cancel.check()?;
        }
        if (heap.nodes.edges(node).len() as u64) < least {
            continue;
        }
        match heap.nodes.kind(node) {
            NodeKind::OBJECT => found.push(node),
            NodeKind::ARRAY => {
                let retainers = snapshot.graph.retainers.of(&heap.nodes, node);
                found.extend(retainers.filter(|&(edge, _)| is_table(heap, edge.at())).map(|(_, source)| source));
            }
            _ => {}
        }
    }
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

fn is_table(heap: &Heap, edge: usize) -> bool {
    heap.edges.kind(edge) == EdgeKind::Internal
        && ["table", "properties"].iter().any(|name| heap.edge_is_named(edge, name))
}

/// What tells an entry from the others, in both snapshots: the key, or the value where only that is a node. A property may
/// get another value and stay the same, so its value tells nothing.
fn identity(heap: &Heap, entry: &Entry) -> Option<NodeId> {
    entry.key.or(entry.value.filter(|_| entry.name.is_none())).map(|node| heap.nodes.id(node))
}

fn compare(case: &Case<'_>, before: &Snapshot, then: &Collection, now: Collection, explained: &Explained) -> Grown {
    let Snapshot { heap, graph } = case.after;
    let more = now.count().saturating_sub(then.count());
    // Of another process nobody knows what is new: the last that were added are as many as there are more.
    let first_new = if case.is_same_process { 0 } else { now.entries.len().saturating_sub(more as usize) };
    let is_new = |node: NodeIndex| !case.is_same_process || case.is_new(node);
    let ids_now: FxHashSet<_> = now.entries.iter().filter_map(|entry| identity(heap, entry)).collect();
    let mut gone =
        then.entries.iter().filter_map(|entry| identity(&before.heap, entry)).filter(|id| !ids_now.contains(id));
    let turns_over = case.is_same_process && gone.next().is_some();
    let mut seen = FxHashSet::default();
    let nodes = now.entries[first_new..].iter().flat_map(|entry| [entry.key, entry.value]).flatten();
    let came = nodes.filter(|&node| is_new(node) && seen.insert(node));
    let is_told = |&node: &NodeIndex| explained.contains(node) || is_record_of_told(case, node, explained);
    let (told, members): (Vec<NodeIndex>, Vec<NodeIndex>) = came.partition(is_told);
    let new_bytes: u64 = members.iter().map(|&member| graph.dominators.retained_size(member)).sum();
    let table_growth = table_size(heap, now.node).saturating_sub(table_size(&before.heap, then.node));
    let is_new = |entry: &&Entry| entry.key.or(entry.value).is_some_and(is_new);
    let came = (now.entries[first_new..].iter().filter(is_new).count() as u64).max(more).max(1);
    Grown {
        more,
        more_nothing: now.nothing.saturating_sub(then.nothing),
        // Where entries also went, only some of those that came are more.
        bytes: (new_bytes as f64 * (more as f64 / came as f64)) as u64 + table_growth,
        members,
        told_elsewhere: told.len(),
        increase: Increase {
            more,
            then: then.count(),
            turns_over,
            bound: Bound::of(&case.describer(), &now),
            is_heavy: false,
        },
        collection: now,
    }
}

/// Whether it is a record around something new that another cause has told of: a list of subscriptions beside the emitter.
pub(super) fn is_record_of_told(case: &Case<'_>, node: NodeIndex, explained: &Explained) -> bool {
    let heap = &case.after.heap;
    let is_part = |edge: &usize| matches!(heap.edges.kind(*edge), EdgeKind::Property | EdgeKind::Element);
    let parts = heap.nodes.edges(node).filter(is_part).take(MOST_PARTS).map(|edge| heap.edges.target(edge));
    let is_thing = |part: &NodeIndex| matches!(heap.nodes.kind(*part), NodeKind::OBJECT | NodeKind::CLOSURE);
    heap.nodes.kind(node) == NodeKind::OBJECT
        && parts.filter(is_thing).any(|part| case.is_new(part) && explained.contains(part))
}

/// Own bytes of the VM's arrays that hold the entries.
fn table_size(heap: &Heap, collection: NodeIndex) -> u64 {
    let tables = ["table", "properties", "elements"].into_iter();
    tables
        .filter_map(|name| heap.follow(collection, EdgeKind::Internal, name))
        .map(|table| heap.nodes.self_size(table))
        .sum()
}
