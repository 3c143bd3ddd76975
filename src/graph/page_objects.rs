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

#[cfg(test)]
mod tests {
    use crate::testing::draw::draw;

    /// Draws a heap and compares which of its nodes, called by one letter each, are page objects.
    fn check(sentence: &str, expected: &str) {
        let drawn = draw(sentence);
        let page_objects = drawn.snapshot().graph.page_objects;
        let found: String = ('A'..='Z')
            .filter(|key| drawn.find(&key.to_string()).is_some_and(|node| page_objects.contains(node)))
            .collect();
        assert_eq!(found, expected, "{sentence}");
    }

    #[test]
    fn begin_at_shortcuts_and_documents() {
        check("root -> A -> B", "");
        check("root -shortcut-> A -> B; root -> C -> D -> A", "AB");
        check("root -> D=\"(Document DOM trees)\":synthetic -> E; root -> F:synthetic -> G", "DE");
        check("root -internal-> D=\"(Document DOM trees)\":synthetic -> E", "");
        check("root -> D=\"(Document DOM trees)\":object -> E", "");
    }

    #[test]
    fn go_on_over_all_edges_but_weak_ones() {
        check(
            "root -shortcut-> A -shortcut-> B -internal-> C -hidden-> D; A -weak-> E; A -> A; A -context-> F",
            "ABCDF",
        );
        check("root -> B -> C; root -shortcut-> A -shortcut-> B", "ABC");
    }

    #[test]
    fn include_all_when_one_leads_to_the_root() {
        check("root -> B -> C; root -weak-> D; root -shortcut-> A -> root", "ABC");
    }

    #[test]
    fn include_the_values_of_their_weak_maps() {
        let mut drawn = draw("root -shortcut-> A -> T; root -> K -> V");
        let (table, key, value) = (drawn.at("T"), drawn.at("K"), drawn.at("V"));
        drawn.weak_pair(table, key, value);
        let page_objects = drawn.snapshot().graph.page_objects;
        assert!(page_objects.contains(value));
        assert!(!page_objects.contains(key));
    }
}
