//! THE policy of what keeps alive: which edges count for dominators and retained sizes. Nobody else decides.
//!
//! An edge is essential unless
//! 1. it is the table's edge of a WeakMap entry (the key's edge stays: an entry lives as long as its key),
//! 2. it is weak,
//! 3. it leads back to its own source,
//! 4. it is a `shortcut` (a duplicate of other references), except the root's own, which are the user's roots,
//! 5. it leads from a node that is no page object, other than the root, to one that is (what only the debugger holds).
//!
//! `O(1)` an edge; nothing is stored. Source: DevTools `HeapSnapshot.ts` (`computeIsEssentialEdge`).

use super::page_objects::PageObjects;
use super::weak_pairs::WeakPairs;
use crate::snapshot::{EdgeKind, Heap, NodeIndex};

/// Rules 2 and 4: the kinds of edges that may be essential, a bit each.
pub(super) const fn essential_kinds(from_root: bool) -> u8 {
    let never = 1 << EdgeKind::Weak as u8 | if from_root { 0 } else { 1 << EdgeKind::Shortcut as u8 };
    !never
}

/// Rule 1: whether the edge is the table's of a WeakMap entry.
pub(super) fn is_table_edge(heap: &Heap, weak_pairs: &WeakPairs, from: NodeIndex, edge: usize) -> bool {
    heap.edges.kind(edge) == EdgeKind::Internal
        && heap
            .edges
            .name(edge)
            .and_then(|name| weak_pairs.of(name))
            .is_some_and(|pair| pair.table == Some(heap.nodes.id(from)))
}

/// The policy, for a heap whose page objects are known.
#[derive(Clone, Copy)]
pub struct EssentialEdges<'a> {
    heap: &'a Heap,
    weak_pairs: &'a WeakPairs,
    page_objects: &'a PageObjects,
}

impl<'a> EssentialEdges<'a> {
    /// The policy for `heap`.
    pub fn new(heap: &'a Heap, weak_pairs: &'a WeakPairs, page_objects: &'a PageObjects) -> Self {
        Self { heap, weak_pairs, page_objects }
    }

    /// Whether the edge, one of `from`, keeps its target alive.
    pub fn contains(&self, from: NodeIndex, edge: usize) -> bool {
        let (target, kind) = self.heap.edges.target_and_kind(edge);
        let from_root = from == NodeIndex::ROOT;
        essential_kinds(from_root) >> kind as u8 & 1 != 0
            && target != from
            && (from_root || self.page_objects.contains(from) || !self.page_objects.contains(target))
            && !is_table_edge(self.heap, self.weak_pairs, from, edge)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::draw::draw;

    /// Draws a heap and tells which of the edges of `from` are essential, by the keys of their targets.
    fn check(sentence: &str, from: &str, expected: &[&str]) {
        let drawn = draw(sentence);
        let snapshot = drawn.snapshot();
        let graph = &snapshot.graph;
        let essential = EssentialEdges::new(&snapshot.heap, &graph.weak_pairs, &graph.page_objects);
        let from = drawn.at(from);
        let edges = snapshot.heap.nodes.edges(from).filter(|&edge| essential.contains(from, edge));
        let targets: Vec<_> = edges.map(|edge| snapshot.heap.edges.target(edge)).collect();
        let expected: Vec<_> = expected.iter().map(|&key| drawn.at(key)).collect();
        assert_eq!(targets, expected, "{sentence}");
    }

    #[test]
    fn most_kinds_are() {
        check(
            "root -> A; A -context-> B; A -element-> C; A -property-> D; A -internal-> E; A -hidden-> F",
            "A",
            &["B", "C", "D", "E", "F"],
        );
    }

    #[test]
    fn weak_ones_loops_and_shortcuts_are_not() {
        check("root -> A -weak-> B; A -> A; A -shortcut-> C; A -> D", "A", &["D"]);
    }

    #[test]
    fn the_shortcuts_of_the_root_are() {
        check("root -shortcut-> A; root -weak-> B; root -> root; root -> C", "root", &["A", "C"]);
    }

    #[test]
    fn none_lead_into_the_page_from_outside() {
        let sentence = "root -shortcut-> page -> inner -> page; root -> debugger -> inner; debugger -> own -> debugger";
        check(sentence, "debugger", &["own"]);
        check(sentence, "page", &["inner"]);
        check(sentence, "inner", &["page"]);
        check(sentence, "root", &["page", "debugger"]);
    }

    #[test]
    fn the_table_of_a_weak_map_does_not_hold_its_values() {
        let mut drawn = draw("root -> table; root -> key -> value");
        let (table, key, value) = (drawn.at("table"), drawn.at("key"), drawn.at("value"));
        drawn.weak_pair(table, key, value);
        let snapshot = drawn.snapshot();
        let graph = &snapshot.graph;
        let essential = EssentialEdges::new(&snapshot.heap, &graph.weak_pairs, &graph.page_objects);
        let count = |node| snapshot.heap.nodes.edges(node).filter(|&edge| essential.contains(node, edge)).count();
        assert_eq!(count(table), 0);
        assert_eq!(count(key), 2);
    }
}
