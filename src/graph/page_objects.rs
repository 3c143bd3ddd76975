//! Page objects: what the program can reach, as opposed to what only the debugger and the VM hold.
//!
//! They are all that can be reached over edges that are not weak from the root's `shortcut` edges (the global objects)
//! and from the `(Document DOM trees)` below the root. `O(nodes + edges)`, done together with the numbering of the
//! dominators ([`super::dominators`]); keeps a bit a node. Source: DevTools `HeapSnapshot.ts` (`markPageOwnedNodes`).

use super::bitset::Bitset;
use crate::snapshot::{EdgeKind, Heap, NodeIndex, NodeKind};

/// Which nodes are page objects.
#[derive(Default)]
pub struct PageObjects(pub(super) Bitset);

impl PageObjects {
    /// Whether the node is one.
    #[inline]
    pub fn contains(&self, node: NodeIndex) -> bool {
        self.0.contains(node.at())
    }

    /// Whether an edge of the root leads to a node where page objects begin.
    pub fn start_at(heap: &Heap, root_edge: usize) -> bool {
        let (target, kind) = heap.edges.target_and_kind(root_edge);
        match kind {
            EdgeKind::Shortcut => true,
            EdgeKind::Element => is_document_dom_trees(heap, target),
            _ => false,
        }
    }
}

/// Whether the node is Chrome's root of all documents.
pub fn is_document_dom_trees(heap: &Heap, node: NodeIndex) -> bool {
    heap.nodes.kind(node) == NodeKind::SYNTHETIC && heap.node_is_named(node, "(Document DOM trees)")
}

/// Whether what the root's edge to this node reaches is the program's: whether the node is not `synthetic`, or is Chrome's
/// root of all documents.
pub fn is_user_root(heap: &Heap, node: NodeIndex) -> bool {
    heap.nodes.kind(node) != NodeKind::SYNTHETIC || is_document_dom_trees(heap, node)
}
