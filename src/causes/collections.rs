//! Reads V8's collections as they stand in a snapshot. `O(entries)`, sorted by slot.
//!
//! A Map or Set keeps its entries in a table, `-internal:table-> array`, whose slots are internal edges named by number:
//! of a Map key, value, and a link without an edge, of a Set key and a link. An array's elements are element edges.
//! Source: V8 `src/objects/ordered-hash-table.h`.

use crate::snapshot::{EdgeIndex, EdgeKind, Heap, NodeIndex};

/// Slots from one entry of a Map to the next.
const MAP_STRIDE: u32 = 3;

/// The entries of a Map whose keys are no small integers: key and value, in insertion order.
pub(super) fn map_entries(heap: &Heap, map: NodeIndex) -> Vec<(NodeIndex, NodeIndex)> {
    let slots = table_slots(heap, map);
    let Some(&(first, _)) = slots.first() else { return Vec::new() };
    let is_key = |slot: u32| (slot - first).is_multiple_of(MAP_STRIDE);
    slots
        .windows(2)
        .filter(|pair| is_key(pair[0].0) && pair[1].0 == pair[0].0 + 1)
        .map(|pair| (pair[0].1, pair[1].1))
        .collect()
}

/// What a Set holds, small integers excepted, in insertion order.
pub(super) fn set_entries(heap: &Heap, set: NodeIndex) -> Vec<NodeIndex> {
    table_slots(heap, set).into_iter().map(|(_, node)| node).collect()
}

/// The elements of an array, in order.
pub(super) fn elements(heap: &Heap, array: NodeIndex) -> impl Iterator<Item = NodeIndex> + '_ {
    element_edges(heap, array).map(|(_, element)| element)
}

/// The elements of an array, in order, with the edges that lead to them.
pub(super) fn element_edges(heap: &Heap, array: NodeIndex) -> impl Iterator<Item = (EdgeIndex, NodeIndex)> + '_ {
    let edges = heap.nodes.edges(array).filter(|&edge| heap.edges.kind(edge) == EdgeKind::Element);
    edges.map(|edge| (EdgeIndex(edge as u32), heap.edges.target(edge)))
}

fn table_slots(heap: &Heap, collection: NodeIndex) -> Vec<(u32, NodeIndex)> {
    let Some(table) = heap.follow(collection, EdgeKind::Internal, "table") else { return Vec::new() };
    let slot = |edge: usize| {
        let name = heap.strings.raw(heap.edges.name(edge)?);
        let slot = std::str::from_utf8(name).ok()?.parse().ok()?;
        (heap.edges.kind(edge) == EdgeKind::Internal).then(|| (slot, heap.edges.target(edge)))
    };
    let mut slots: Vec<_> = heap.nodes.edges(table).filter_map(slot).collect();
    slots.sort_unstable();
    slots
}
