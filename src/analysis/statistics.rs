//! Statistics: what the memory is made of.
//!
//! One loop over the nodes, `O(nodes)`; nothing is kept. Source: DevTools `HeapSnapshot.ts` (`calculateStatistics`).

use serde::Serialize;

use crate::graph::Snapshot;
use crate::snapshot::{EdgeKind, NodeIndex, NodeKind};

/// Bytes by kind of memory. `code_size` to `other_js_size` make up `v8_heap_size`; `typed_arrays_size` and
/// `other_native_size` make up `native_size`; both together are the total.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Statistics {
    /// All of the snapshot, and the native memory that no node stands for.
    pub total_size: u64,
    /// JavaScript's heap.
    pub v8_heap_size: u64,
    /// Compiled code and what belongs to it.
    pub code_size: u64,
    /// Strings of all kinds.
    pub strings_size: u64,
    /// Arrays, with their elements where these belong to one array only.
    pub js_arrays_size: u64,
    /// The VM's own objects.
    pub system_size: u64,
    /// The rest of JavaScript's heap.
    pub other_js_size: u64,
    /// Memory outside of JavaScript's heap.
    pub native_size: u64,
    /// Contents of ArrayBuffers (and so of Buffers).
    pub typed_arrays_size: u64,
    /// The rest of the native memory.
    pub other_native_size: u64,
}

/// Bytes of the whole snapshot, and of the native memory that no node stands for.
pub fn total_size(snapshot: &Snapshot) -> u64 {
    let reachable = snapshot.graph.dominators.retained_size(NodeIndex::ROOT);
    reachable.saturating_add(snapshot.heap.layout.extra_native_bytes)
}

/// Sums up a snapshot.
pub fn statistics(snapshot: &Snapshot) -> Statistics {
    let Snapshot { heap, graph } = snapshot;
    let mut sums = Statistics {
        total_size: total_size(snapshot),
        native_size: heap.layout.extra_native_bytes,
        ..Statistics::default()
    };
    for node in heap.nodes.indices() {
        let size = graph.sizes.shallow_size(node);
        let sum = match heap.nodes.kind(node) {
            NodeKind::HIDDEN => &mut sums.system_size,
            NodeKind::NATIVE => {
                if heap.node_is_named(node, "system / JSArrayBufferData") && !graph.detachedness.is_renamed(node) {
                    sums.typed_arrays_size = sums.typed_arrays_size.saturating_add(size);
                }
                &mut sums.native_size
            }
            NodeKind::CODE => &mut sums.code_size,
            NodeKind::STRING | NodeKind::CONCATENATED_STRING | NodeKind::SLICED_STRING => &mut sums.strings_size,
            _ if heap.node_is_named(node, "Array") => {
                sums.js_arrays_size = sums.js_arrays_size.saturating_add(own_elements_size(snapshot, node));
                &mut sums.js_arrays_size
            }
            _ => continue,
        };
        *sum = sum.saturating_add(size);
    }
    sums.v8_heap_size = sums.total_size.saturating_sub(sums.native_size);
    let told = [sums.code_size, sums.strings_size, sums.js_arrays_size, sums.system_size];
    sums.other_js_size = told.into_iter().fold(sums.v8_heap_size, u64::saturating_sub);
    sums.other_native_size = sums.native_size.saturating_sub(sums.typed_arrays_size);
    sums
}

/// Bytes of an array's elements, unless something else refers to them too.
fn own_elements_size(snapshot: &Snapshot, array: NodeIndex) -> u64 {
    match snapshot.heap.follow(array, EdgeKind::Internal, "elements") {
        Some(elements) if snapshot.graph.retainers.count(elements) == 1 => snapshot.graph.sizes.shallow_size(elements),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cancel::CancelToken;
    use crate::progress::Progress;
    use crate::testing::builder::Writer;

    #[test]
    fn sums_by_kind_of_memory() {
        let mut drawn = crate::snapshot! {
            root -[1]-> roots="(GC roots)":synthetic(0) -> list="Array"(1) -internal("elements")-> own:array(10);
            roots -> other="Array"(100) -internal("elements")-> shared:array(1_000);
            roots -> shared;
            roots -> constructor="Array":closure(10_000);
            roots -> map:hidden(2) -> text:string(20) -> bytecode:code(200);
            roots -> buffer(3) -> data="system / JSArrayBufferData":native(30);
            roots -> handle="Node / TCPSocketWrap":native(300)
        };
        drawn.writer(Writer::Node24).extra_native_bytes(5_000);
        let snapshot = Snapshot::new(drawn.heap(), 1, &CancelToken::new(), &Progress::none()).unwrap();
        let expected = Statistics {
            total_size: 16_666,
            v8_heap_size: 11_336,
            code_size: 200,
            strings_size: 20,
            js_arrays_size: 10_111,
            system_size: 2,
            other_js_size: 1_003,
            native_size: 5_330,
            typed_arrays_size: 30,
            other_native_size: 5_300,
        };
        assert_eq!(statistics(&snapshot), expected);
    }
}
