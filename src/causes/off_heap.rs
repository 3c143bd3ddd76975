//! Memory outside of V8's heap that JavaScript keeps: what an ArrayBuffer refers to.
//!
//! `ArrayBuffer -internal:backing_store-> native "system / JSArrayBufferData"`, whose size is the bytes; a Buffer, typed array
//! or DataView has the ArrayBuffer as its `buffer`. Small Buffers share a slab (8 kB up to Node 22, 64 kB since), which counts
//! once. Typed arrays of up to 64 bytes have theirs in the heap. Blobs, zlib and crypto leave no bytes in a snapshot, and a
//! `WebAssembly.Memory` none in Node 26 unless somebody asked for its `buffer`.
//! `O(retainers)` of the bytes. Seen in Node 20 to 26.

use super::gathering::Thing;
use super::instances::Instances;
use crate::analysis::paths;
use crate::cancel::CancelToken;
use crate::error::Result;
use crate::graph::Snapshot;
use crate::snapshot::{EdgeKind, NodeIndex};

/// What V8 calls the bytes.
const BYTES: &str = "system / JSArrayBufferData";

/// Buffers, typed arrays and DataViews, and ArrayBuffers that something else holds; each memory counts for the first.
pub(super) fn things(instances: &Instances<'_>, cancel: &CancelToken) -> Result<Vec<Thing>> {
    let snapshot = instances.snapshot;
    let Snapshot { heap, graph } = snapshot;
    let mut things = Vec::new();
    let essential = paths::essential_edges(snapshot);
    let holders = |node: NodeIndex| {
        let retainers = graph.retainers.of(&heap.nodes, node);
        retainers.filter(move |&(edge, from)| essential.contains(from, edge.at()))
    };
    for (at, memory) in instances.native(BYTES).into_iter().enumerate() {
        if at % 1024 == 1023 {
            cancel.check()?;
        }
        let mut bytes = graph.sizes.shallow_size(memory);
        for (_, buffer) in holders(memory).filter(|&(edge, _)| heap.edge_is_named(edge.at(), "backing_store")) {
            let is_view = |&(edge, _): &(crate::snapshot::EdgeIndex, NodeIndex)| {
                heap.edges.kind(edge.at()) == EdgeKind::Internal && heap.edge_is_named(edge.at(), "buffer")
            };
            let (views, others): (Vec<_>, Vec<_>) = holders(buffer).partition(is_view);
            let others = (!others.is_empty() || views.is_empty()).then_some(buffer);
            // The last of the retainers is the first in the file.
            for node in others.into_iter().chain(views.iter().rev().map(|&(_, view)| view)) {
                things.push(Thing { node, bytes: std::mem::take(&mut bytes) });
            }
        }
    }
    things.sort_unstable_by_key(|thing| thing.node);
    Ok(things)
}
