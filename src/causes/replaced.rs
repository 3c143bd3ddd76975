//! New things that took the place of something else: the same variable or property of the same object held another before.
//! One look at the older snapshot's ids, then `O(edges)` of the holders.

use rustc_hash::FxHashMap;

use super::case::Case;
use crate::analysis::paths;
use crate::cancel::CancelToken;
use crate::error::Result;
use crate::graph::Snapshot;
use crate::snapshot::{EdgeKind, EdgeLabel, NodeId, NodeIndex, NodeKind};

/// What was there before, in the older snapshot, and what is there now.
pub(super) type Replacement = (NodeIndex, NodeIndex);

/// What the new ones of `nodes` took the place of, where that is told by one reference of an old object.
pub(super) fn replaced(
    case: &Case<'_>,
    before: &Snapshot,
    nodes: impl Iterator<Item = NodeIndex>,
    cancel: &CancelToken,
) -> Result<Vec<Replacement>> {
    let heap = &case.after.heap;
    let essential = paths::essential_edges(case.after);
    // By the id of who holds it.
    let mut places: FxHashMap<NodeId, Vec<(NodeIndex, EdgeKind, EdgeLabel)>> = FxHashMap::default();
    for node in nodes.filter(|&node| case.is_new(node)) {
        let retainers = case.after.graph.retainers.of(&heap.nodes, node);
        let mut holders = retainers.filter(|&(edge, from)| {
            matches!(heap.nodes.kind(from), NodeKind::OBJECT | NodeKind::CLOSURE)
                && !case.is_new(from)
                && essential.contains(from, edge.at())
        });
        if let Some((edge, from)) = holders.next() {
            let place = (node, heap.edges.kind(edge.at()), heap.edges.label(edge.at()));
            places.entry(heap.nodes.id(from)).or_default().push(place);
        }
    }
    let mut found = Vec::new();
    if places.is_empty() {
        return Ok(found);
    }
    let then = &before.heap;
    for from in then.nodes.indices() {
        if from.at().is_multiple_of(CancelToken::STRIDE) {
            cancel.check()?;
        }
        let Some(places) = places.get(&then.nodes.id(from)) else { continue };
        for &(node, kind, label) in places {
            let is_same = |edge: &usize| {
                then.edges.kind(*edge) == kind
                    && match (then.edges.label(*edge), label) {
                        (EdgeLabel::Number(before), EdgeLabel::Number(now)) => before == now,
                        (EdgeLabel::Name(before), EdgeLabel::Name(now)) => {
                            then.strings.raw(before) == heap.strings.raw(now)
                        }
                        _ => false,
                    }
            };
            let same = then.nodes.edges(from).find(is_same);
            found.extend(same.map(|edge| (then.edges.target(edge), node)));
        }
    }
    found.sort_unstable_by_key(|&(_, node)| node);
    Ok(found)
}
