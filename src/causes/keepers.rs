//! What belongs to a pile of leaked things beside the things themselves: the new objects that keep them (a session around its
//! socket, an entry around its context), the old object where they all hang, and the bytes of everything together.
//!
//! `O(retainers of the new objects)` and a few path searches; one set of the nodes met while it runs.

use rustc_hash::{FxHashMap, FxHashSet};

use super::case::Case;
use super::collections::{self, CollectionKind};
use super::holder::Holder;
use crate::analysis::paths;
use crate::analysis::suspects;
use crate::cancel::CancelToken;
use crate::error::Result;
use crate::graph::Snapshot;
use crate::snapshot::{EdgeKind, Heap, NodeIndex, NodeKind};

/// Not more keepers than this are looked for: by then they explain enough.
const MOST: usize = 1 << 20;
/// Nor further away from the things than this: wrappers, records, scopes, promises.
const MOST_STEPS: usize = 12;
/// And what is kept over so few is kept as one of many.
const NEAR_STEPS: usize = 6;
/// What keeps an object's class is not what keeps the object.
const NO_HOLDING: [&str; 4] = ["__proto__", "constructor", "prototype", "map"];
/// So many objects around one are looked at.
const MOST_AROUND: usize = 256;
/// So many members are asked for who keeps them.
const SAMPLE: usize = 64;
/// A holder keeps more than this part of them.
const COMMON: f64 = 0.8;
/// How far up a node's dominators one in the same set is looked for.
const MOST_DOMINATORS: usize = 64;

/// Who keeps the things of a pile, as people know it.
pub(super) struct Kept {
    /// The collection, or other object.
    pub(super) node: NodeIndex,
    /// `Map sessions`.
    pub(super) label: String,
    /// Whose that is.
    pub(super) holder: Holder,
}

impl Kept {
    /// By `node`; by nobody, if that is Node's own or has no name.
    pub(super) fn by(case: &Case<'_>, node: NodeIndex, cancel: &CancelToken) -> Result<Option<Self>> {
        let describer = case.describer();
        let Some(path) = paths::shortest_path(case.after, node, cancel)? else { return Ok(None) };
        let kind = collections::kind(&case.after.heap, node).unwrap_or(CollectionKind::Dictionary);
        let holder = Holder::of(&describer, &path, kind);
        if holder.is_internal || holder.name.is_empty() {
            return Ok(None);
        }
        let label = holder.label(&kind.noun(&describer.class_name(node).to_string()));
        Ok(Some(Self { node, label, holder }))
    }
}

/// The objects made since the older snapshot that keep `members`, other than themselves; none of a single snapshot.
pub(super) fn new_keepers(case: &Case<'_>, members: &[NodeIndex], cancel: &CancelToken) -> Result<Vec<NodeIndex>> {
    let Snapshot { heap, graph } = case.after;
    let essential = paths::essential_edges(case.after);
    let mut seen: FxHashSet<NodeIndex> = members.iter().copied().collect();
    let mut keepers = Vec::new();
    let mut around = members.to_vec();
    for _ in 0..MOST_STEPS {
        let mut next = Vec::new();
        for (at, &node) in around.iter().enumerate() {
            if at % 1024 == 1023 {
                cancel.check()?;
            }
            for (edge, source) in graph.retainers.of(&heap.nodes, node) {
                let is_keeper = case.is_new(source)
                    && is_data(heap.nodes.kind(source))
                    && heap.edges.kind(edge.at()) != EdgeKind::Weak
                    && essential.contains(source, edge.at());
                if is_keeper && seen.insert(source) {
                    next.push(source);
                }
            }
        }
        keepers.extend_from_slice(&next);
        if next.is_empty() || keepers.len() > MOST {
            break;
        }
        around = next;
    }
    Ok(keepers)
}

/// Whether it is what programs make, and not what the VM makes of it.
fn is_data(kind: NodeKind) -> bool {
    matches!(kind, NodeKind::OBJECT | NodeKind::CLOSURE | NodeKind::ARRAY | NodeKind::HIDDEN)
}

/// The object where most of `members` hang, if it is one that people know.
pub(super) fn common_holder(
    snapshot: &Snapshot,
    members: &[NodeIndex],
    cancel: &CancelToken,
) -> Result<Option<NodeIndex>> {
    if members.len() < 2 {
        return Ok(None);
    }
    let heap = &snapshot.heap;
    let common = suspects::common_path(snapshot, members, cancel)?;
    // A table, or the VM's array of elements, stands between a collection and what it holds.
    let mut last = common.0.iter().rev().map(|edge| heap.edges.target(edge.at()));
    let holder = last.find(|&node| !suspects::is_backing_store(heap, node));
    match holder.filter(|&holder| is_known(heap, holder)) {
        Some(holder) => Ok(Some(holder)),
        None => near_holder(snapshot, members, cancel),
    }
}

/// The object nearest to most of `members`, of those that keep them over a few references of the program: where the shortest
/// paths from the root lead over Node's own lists.
fn near_holder(snapshot: &Snapshot, members: &[NodeIndex], cancel: &CancelToken) -> Result<Option<NodeIndex>> {
    let heap = &snapshot.heap;
    // By object: how many members it keeps, and over how many references all together.
    let mut keeps: FxHashMap<NodeIndex, (usize, usize)> = FxHashMap::default();
    let sample: Vec<NodeIndex> = members.iter().copied().step_by(members.len().div_ceil(SAMPLE).max(1)).collect();
    for &member in &sample {
        walk_up(snapshot, member, cancel, |node, steps| {
            let (count, distance) = keeps.entry(node).or_default();
            *count += 1;
            *distance += steps;
            false
        })?;
    }
    let is_common = |(node, (count, _)): &(NodeIndex, (usize, usize))| {
        *count as f64 > COMMON * sample.len() as f64 && is_known(heap, *node)
    };
    let nearest = keeps.into_iter().filter(is_common).min_by_key(|&(node, (_, distance))| (distance, node));
    Ok(nearest.map(|(node, _)| node))
}

/// Whether people know it: an object of the program, and no scope.
fn is_known(heap: &Heap, node: NodeIndex) -> bool {
    heap.nodes.kind(node) == NodeKind::OBJECT
        && !suspects::is_machinery(heap, node)
        && !heap.node_is_named(node, "system / Context")
}

/// Visits what keeps `node` over a few references of the program, with their number, the nearest first, until `visit` says so.
fn walk_up(
    snapshot: &Snapshot,
    node: NodeIndex,
    cancel: &CancelToken,
    mut visit: impl FnMut(NodeIndex, usize) -> bool,
) -> Result<()> {
    let Snapshot { heap, graph } = snapshot;
    let essential = paths::essential_edges(snapshot);
    let mut seen = FxHashSet::from_iter([node]);
    let mut around = vec![node];
    for steps in 1..=NEAR_STEPS {
        cancel.check()?;
        let mut next = Vec::new();
        for &node in &around {
            for (edge, source) in graph.retainers.of(&heap.nodes, node) {
                let is_way = is_data(heap.nodes.kind(source))
                    && !NO_HOLDING.iter().any(|name| heap.edge_is_named(edge.at(), name))
                    && essential.contains(source, edge.at());
                if is_way && seen.len() < MOST_AROUND && seen.insert(source) {
                    if visit(source, steps) {
                        return Ok(());
                    }
                    next.push(source);
                }
            }
        }
        around = next;
    }
    Ok(())
}

/// Whether `holder` keeps `node` over a few references.
pub(super) fn is_kept_by(
    snapshot: &Snapshot,
    node: NodeIndex,
    holder: NodeIndex,
    cancel: &CancelToken,
) -> Result<bool> {
    let mut is_kept = false;
    walk_up(snapshot, node, cancel, |keeper, _| {
        is_kept = keeper == holder;
        is_kept
    })?;
    Ok(is_kept)
}

/// Bytes freed with all of `nodes`: those that others of them dominate are counted once.
pub(super) fn union_size(snapshot: &Snapshot, nodes: impl IntoIterator<Item = NodeIndex>) -> u64 {
    let dominators = &snapshot.graph.dominators;
    let set: FxHashSet<NodeIndex> = nodes.into_iter().collect();
    let tops = set.iter().filter(|&&node| node == NodeIndex::ROOT || !is_dominated_by(snapshot, node, &set));
    tops.map(|&node| dominators.retained_size(node)).sum()
}

/// Whether one of `set`, not far up, dominates `node`.
pub(super) fn is_dominated_by(snapshot: &Snapshot, node: NodeIndex, set: &FxHashSet<NodeIndex>) -> bool {
    let dominators = &snapshot.graph.dominators;
    let mut at = node;
    (0..MOST_DOMINATORS).any(|_| {
        at = dominators.immediate_dominator(at);
        set.contains(&at)
    })
}
