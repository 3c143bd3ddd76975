//! How V8's snapshots write `undefined`, `null`, `true` and `false`. Up to Node 22 all are called `system / Oddball`, and
//! tell themselves by a string they refer to; from Node 24 on they bear their names. `O(edges of the node)`, few.

use crate::snapshot::{Heap, NodeIndex, NodeKind};

/// Whether the node is `undefined`.
pub(super) fn is_undefined(heap: &Heap, node: NodeIndex) -> bool {
    is_oddball(heap, node, "undefined")
}

/// Whether the node is `null`.
pub(super) fn is_null(heap: &Heap, node: NodeIndex) -> bool {
    is_oddball(heap, node, "null")
}

/// Whether the node is `true`.
pub(super) fn is_true(heap: &Heap, node: NodeIndex) -> bool {
    is_oddball(heap, node, "true")
}

/// Whether the node is `true` or `false`.
pub(super) fn is_flag(heap: &Heap, node: NodeIndex) -> bool {
    is_true(heap, node) || is_oddball(heap, node, "false")
}

fn is_oddball(heap: &Heap, node: NodeIndex, name: &str) -> bool {
    if !matches!(heap.nodes.kind(node), NodeKind::HIDDEN | NodeKind::NATIVE) {
        return false;
    }
    heap.node_is_named(node, name)
        || heap.node_is_named(node, "system / Oddball")
            && heap.nodes.edges(node).any(|edge| heap.node_is_named(heap.edges.target(edge), name))
}
