//! New things that took the place of something else: what leads to them from an old object led to another one before.
//!
//! `state = [...state, item]` makes a new array every time, `state = { ...state, list: [...state.list, item] }` a new object
//! around it as well: the things are others, the way to them is the same.
//! One look at the older snapshot's ids, then `O(edges)` of the holders on the way.

use rustc_hash::FxHashMap;

use super::case::Case;
use crate::analysis::paths;
use crate::cancel::CancelToken;
use crate::error::Result;
use crate::graph::Snapshot;
use crate::snapshot::{EdgeKind, EdgeLabel, Heap, NodeId, NodeIndex, NodeKind};

/// So many steps from the old object there are at most.
const MOST_STEPS: usize = 4;

/// What was there before, in the older snapshot, and what is there now.
pub(super) type Replacement = (NodeIndex, NodeIndex);

/// References that follow each other, the last one first.
type Way = Vec<(EdgeKind, EdgeLabel)>;

/// What the new ones of `nodes` took the place of, ascending by those.
pub(super) fn replaced(
    case: &Case<'_>,
    before: &Snapshot,
    nodes: impl Iterator<Item = NodeIndex>,
    cancel: &CancelToken,
) -> Result<Vec<Replacement>> {
    let now = &case.after.heap;
    // By the id of the old object.
    let mut places: FxHashMap<NodeId, Vec<(NodeIndex, Way)>> = FxHashMap::default();
    for node in nodes.filter(|&node| case.is_new(node)) {
        if let Some((holder, way)) = way(case, node) {
            places.entry(now.nodes.id(holder)).or_default().push((node, way));
        }
    }
    let mut found = Vec::new();
    if places.is_empty() {
        return Ok(found);
    }
    let then = &before.heap;
    for holder in then.nodes.indices() {
        if holder.at().is_multiple_of(CancelToken::STRIDE) {
            cancel.check()?;
        }
        let Some(places) = places.get(&then.nodes.id(holder)) else { continue };
        for (node, way) in places {
            let end = way.iter().rev().try_fold(holder, |from, step| follow(then, from, now, *step));
            found.extend(end.map(|end| (end, *node)));
        }
    }
    found.sort_unstable_by_key(|&(_, node)| node);
    Ok(found)
}

/// The nearest old object that leads to the node, and how.
fn way(case: &Case<'_>, mut node: NodeIndex) -> Option<(NodeIndex, Way)> {
    let heap = &case.after.heap;
    let essential = paths::essential_edges(case.after);
    let mut way = Way::new();
    for _ in 0..MOST_STEPS {
        let retainers = case.after.graph.retainers.of(&heap.nodes, node);
        let mut holders = retainers.filter(|&(edge, from)| {
            matches!(heap.nodes.kind(from), NodeKind::OBJECT | NodeKind::CLOSURE) && essential.contains(from, edge.at())
        });
        let first = holders.next()?;
        // What an old object holds is nearest; a new one may be held by one.
        let (edge, from) = [first].into_iter().chain(holders).find(|&(_, from)| !case.is_new(from)).unwrap_or(first);
        way.push((heap.edges.kind(edge.at()), heap.edges.label(edge.at())));
        if !case.is_new(from) {
            return Some((from, way));
        }
        node = from;
    }
    None
}

/// Where the same reference leads to in another snapshot.
fn follow(then: &Heap, from: NodeIndex, now: &Heap, (kind, label): (EdgeKind, EdgeLabel)) -> Option<NodeIndex> {
    let is_same = |edge: &usize| {
        then.edges.kind(*edge) == kind
            && match (then.edges.label(*edge), label) {
                (EdgeLabel::Number(before), EdgeLabel::Number(now)) => before == now,
                (EdgeLabel::Name(before), EdgeLabel::Name(name)) => then.strings.raw(before) == now.strings.raw(name),
                _ => false,
            }
    };
    then.nodes.edges(from).find(is_same).map(|edge| then.edges.target(edge))
}
