//! Collections of what leaves no trace in a snapshot: small integers, numbers in an array of them, `true` and `false`. How many
//! there are nobody can say, but how many the VM has made room for: its array is there, with its size.
//!
//! The VM makes more room at a time than is needed, an array half as much again, a table twice as much. So one step may be a
//! list at its bound; several steps in one window, or some in every window of a series, are growth (`Increase`).
//! `O(n)` for finding such arrays, `O(1)` each. Seen in Node 20 to 26.

use crate::cancel::CancelToken;
use crate::causes::bound::Bound;
use crate::causes::case::{Case, Explained};
use crate::causes::collections::{self, CollectionKind};
use crate::causes::counterparts;
use crate::causes::grown::{Collection, Grown};
use crate::error::Result;
use crate::graph::Snapshot;
use crate::snapshot::{EdgeKind, Heap, NodeIndex, NodeKind};

/// Less room than for so many is nobody's leak.
const LEAST_ROOM: u64 = 256;
/// Of an object with numbers for keys, which come and go, the VM keeps room for up to so many behind the last one (V8's
/// `kMaxUncheckedOldFastElementsLength`); from there on it looks how many there are.
const UNCHECKED_ROOM: u64 = 500;
/// Bytes of a word.
const WORD: u64 = 8;
/// At most one entry of so many that there is room for may leave a trace: a table of things has room for four times as many when
/// half of what it had room for is gone.
const TRACELESS: u64 = 8;
/// What leads from a collection to its room.
const STORES: [&str; 2] = ["elements", "table"];

/// Those that have more room than before, as far as their steps are no noise.
pub(super) fn grown(case: &Case<'_>, explained: &Explained, cancel: &CancelToken) -> Result<Vec<Grown>> {
    let Some(before) = case.before else { return Ok(Vec::new()) };
    let mut roomy = roomy(case.after, cancel)?;
    roomy.retain(|&node| !case.is_new(node) && !explained.contains(node));
    let mut grown = Vec::new();
    for (now, then) in counterparts::counterparts(case, &roomy, cancel)? {
        cancel.check()?;
        let (Some(now), Some(then)) =
            (Collection::room_of(&case.after.heap, now), Collection::room_of(&before.heap, then))
        else {
            continue;
        };
        if now.kind == then.kind && now.count() > then.count() && is_traceless(&case.after.heap, &now) {
            let bound = Bound::of(&case.describer(), &now);
            let one = Grown::in_room(case, before, &then, now, bound);
            grown.extend(Some(one).filter(|one| one.is_told(case)));
        }
    }
    Ok(grown)
}

/// Whether what fills the room can be nothing that leaves a trace. A table shrinks when things go; what is deleted by its index
/// leaves a hole, so that one element that leaves a trace says that others may have been like it.
fn is_traceless(heap: &Heap, collection: &Collection) -> bool {
    match collection.kind {
        CollectionKind::Map | CollectionKind::Set => {
            let traced = collections::entries(heap, collection.node, collection.kind).len() as u64;
            traced * TRACELESS <= collection.count()
        }
        CollectionKind::Array => collections::elements(heap, collection.node).next().is_none(),
        CollectionKind::Dictionary => {
            collection.count() > UNCHECKED_ROOM && collections::elements(heap, collection.node).next().is_none()
        }
    }
}

/// The collections with room for many, of which few leave a trace; ascending.
fn roomy(snapshot: &Snapshot, cancel: &CancelToken) -> Result<Vec<NodeIndex>> {
    let heap = &snapshot.heap;
    let mut found = Vec::new();
    for node in heap.nodes.indices() {
        if node.at().is_multiple_of(CancelToken::STRIDE) {
            cancel.check()?;
        }
        let words = heap.nodes.self_size(node) / WORD;
        if heap.nodes.kind(node) != NodeKind::ARRAY
            || words < LEAST_ROOM
            || heap.nodes.edges(node).len() as u64 > words / TRACELESS
        {
            continue;
        }
        let is_store = |edge: usize| {
            heap.edges.kind(edge) == EdgeKind::Internal && STORES.iter().any(|name| heap.edge_is_named(edge, name))
        };
        let mut retainers = snapshot.graph.retainers.of(&heap.nodes, node);
        let owner = retainers.find(|&(edge, _)| is_store(edge.at())).map(|(_, owner)| owner);
        found.extend(owner.filter(|&owner| collections::kind(heap, owner).is_some()));
    }
    found.sort_unstable();
    found.dedup();
    Ok(found)
}
