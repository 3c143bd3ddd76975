//! Dominators and retained sizes: who frees what.
//!
//! `d` dominates `v` if every path of essential edges ([`super::essential`]) from the root to `v` goes through `d`: without
//! `d`, `v` is garbage. The nearest one is the immediate dominator; they make a tree, and a node's retained size is the sum
//! of the shallow sizes in its subtree.
//!
//! ```text
//!   root -> A -> B -> D        root
//!                ^     |       |-- A
//!   root -> C ---+     v       |-- B          A and C hold B both, so neither frees it
//!                      E       |   `-- D
//!                              |       `-- E
//!                              `-- C
//! ```
//!
//! Nodes that the root does not reach: those no essential edge leads to (orphans) count as held by the root; what is not
//! reached then either (cycles that nobody feeds) is made the root's children, and keeps nothing else alive.
//!
//! Three steps: a depth-first search ([`numbering`]), Semi-NCA ([`semi`]), and sums along the tree. In practice
//! `O(nodes + edges)`; keeps 8 bytes a node. Source: DevTools `HeapSnapshot.ts` (`buildDominatorTree`) for what is
//! computed; the files named tell the algorithms'.

mod cross_edges;
mod numbering;
mod semi;

use super::page_objects::PageObjects;
use super::size_column::SizeColumn;
use super::weak_pairs::WeakPairs;
use crate::cancel::CancelToken;
use crate::error::Result;
use crate::snapshot::{Heap, NodeIndex};

/// The dominator tree by search number: what a heap's edges alone say. 8 bytes a node.
pub struct DominatorTree {
    node_count: usize,
    /// Node by number; entry 0 is unused.
    order: Vec<u32>,
    /// Number of the immediate dominator by number; smaller than the own but for the root.
    dominator: Vec<u32>,
}

impl DominatorTree {
    /// Computes the tree, and the page objects along the way.
    pub fn new(heap: &Heap, weak_pairs: &WeakPairs, cancel: &CancelToken) -> Result<(Self, PageObjects)> {
        // Few enough for a range's labels to stay in a cache, and for their numbers within the range to take two bytes.
        Self::by_ranges::<{ 1 << 16 }>(heap, weak_pairs, cancel)
    }

    /// Computes the tree, taking `RANGE` search numbers at a time.
    fn by_ranges<const RANGE: usize>(
        heap: &Heap,
        weak_pairs: &WeakPairs,
        cancel: &CancelToken,
    ) -> Result<(Self, PageObjects)> {
        let found = numbering::number::<RANGE>(heap, weak_pairs, cancel)?;
        let mut dominator = semi::immediate_dominators(found.parent, found.semi, found.cross_edges, cancel)?;
        let mut order = found.order;
        order.extend(found.ignored.iter().map(|node| node.0));
        dominator.resize(order.len(), numbering::ROOT);
        Ok((Self { node_count: heap.nodes.len(), order, dominator }, found.page_objects))
    }
}

/// Every node's immediate dominator and retained size.
pub struct Dominators {
    immediate: Vec<u32>,
    retained: SizeColumn,
}

/// When a walk tells a node.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Visit {
    /// Before what it dominates.
    Enter,
    /// After it.
    Leave,
}

impl Dominators {
    /// Sums the shallow sizes along the tree.
    pub fn new(tree: DominatorTree, shallow_size: impl Fn(NodeIndex) -> u64, cancel: &CancelToken) -> Result<Self> {
        let DominatorTree { node_count, order, dominator } = tree;
        cancel.check()?;
        let mut immediate = vec![0; node_count];
        for (&node, &dominator) in order.iter().zip(&dominator).skip(numbering::ROOT as usize) {
            immediate[node as usize] = order[dominator as usize];
        }
        drop(dominator);
        cancel.check()?;
        let mut retained = SizeColumn::new((0..node_count).map(|node| shallow_size(NodeIndex::from(node))));
        cancel.check()?;
        // Dominators have smaller numbers than what they dominate.
        for &node in order[numbering::ROOT as usize + 1..].iter().rev() {
            retained.add(NodeIndex(immediate[node as usize]), retained.of(NodeIndex(node)));
        }
        Ok(Self { immediate, retained })
    }

    /// The nearest node without which this one is garbage. The root's is the root.
    #[inline]
    pub fn immediate_dominator(&self, node: NodeIndex) -> NodeIndex {
        NodeIndex(self.immediate[node.at()])
    }

    /// Bytes that would be freed with the node, its own included. The root's is the whole heap.
    #[inline]
    pub fn retained_size(&self, node: NodeIndex) -> u64 {
        self.retained.of(node)
    }

    /// Every node's immediate dominator, in file order.
    pub fn immediate_dominators(&self) -> &[u32] {
        &self.immediate
    }

    /// The nodes that this one dominates immediately, in file order. Looks at every node: `O(nodes)`.
    pub fn dominated(&self, node: NodeIndex) -> impl Iterator<Item = NodeIndex> + '_ {
        let dominators = self.immediate.iter().enumerate().skip(1);
        dominators.filter(move |&(_, &dominator)| dominator == node.0).map(|(at, _)| NodeIndex::from(at))
    }

    /// Walks over the tree from the root, depth first, siblings in file order, and tells every node twice: before what it
    /// dominates, and after it. `O(nodes)`; 8 bytes a node while it runs.
    pub fn walk(&self, mut visit: impl FnMut(Visit, NodeIndex)) {
        const NONE: u32 = u32::MAX;
        // Every node's first child and next sibling; filled backwards, so that siblings come in file order.
        let mut links = vec![[NONE; 2]; self.immediate.len()];
        for node in (1..self.immediate.len()).rev() {
            let dominator = self.immediate[node] as usize;
            links[node][1] = std::mem::replace(&mut links[dominator][0], node as u32);
        }
        let mut node = NodeIndex::ROOT.0;
        loop {
            visit(Visit::Enter, NodeIndex(node));
            let [child, _] = links[node as usize];
            if child != NONE {
                node = child;
                continue;
            }
            // Up to the nearest node that has a sibling to go on with.
            loop {
                visit(Visit::Leave, NodeIndex(node));
                if node == NodeIndex::ROOT.0 {
                    return;
                }
                let [_, sibling] = links[node as usize];
                if sibling != NONE {
                    node = sibling;
                    break;
                }
                node = self.immediate[node as usize];
            }
        }
    }

    /// The tree as one walk over it. `O(nodes)`; 16 bytes a node while it runs, 8 in the end.
    pub fn preorder(&self) -> Preorder {
        let mut order = Vec::with_capacity(self.immediate.len());
        let mut end = vec![0; self.immediate.len()];
        // Positions of the nodes that are not left yet.
        let mut open = Vec::new();
        self.walk(|visit, node| match visit {
            Visit::Enter => {
                open.push(order.len());
                order.push(node);
            }
            Visit::Leave => {
                if let Some(position) = open.pop() {
                    end[position] = order.len() as u32;
                }
            }
        });
        Preorder { order, end }
    }
}

/// The dominator tree, dominators before what they dominate.
pub struct Preorder {
    /// The nodes.
    pub order: Vec<NodeIndex>,
    /// By position in `order`: the position behind the last node that this one dominates.
    pub end: Vec<u32>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::draw::draw;
    use crate::testing::{oracle, random};

    /// Draws a heap and compares `node: immediate dominator retained size`, in the order given.
    fn check(sentence: &str, expected: &[(&str, &str, u64)]) {
        let drawn = draw(sentence);
        let dominators = drawn.snapshot().graph.dominators;
        for &(key, dominator, retained_size) in expected {
            let node = drawn.at(key);
            assert_eq!(dominators.immediate_dominator(node), drawn.at(dominator), "who frees {key} in {sentence}");
            assert_eq!(dominators.retained_size(node), retained_size, "what {key} frees in {sentence}");
        }
    }

    #[test]
    fn what_two_hold_neither_frees() {
        check(
            "root -> A(1) -> B(2) -> D(8) -> E(16); root -> C(4) -> B",
            &[
                ("root", "root", 31),
                ("A", "root", 1),
                ("B", "root", 26),
                ("C", "root", 4),
                ("D", "B", 24),
                ("E", "D", 16),
            ],
        );
    }

    #[test]
    fn edges_forth_back_and_across() {
        // Lengauer and Tarjan's example.
        check(
            "root -> R(1) -> A(1) -> D(1) -> L(1) -> H(1) -> E(1) -> H -> K(1) -> R;
             R -> B(1) -> A; B -> D; B -> E; R -> C(1) -> F(1) -> I(1) -> K -> I; C -> G(1) -> J(1) -> I; G -> I",
            &[
                ("R", "root", 13),
                ("A", "R", 1),
                ("B", "R", 1),
                ("C", "R", 4),
                ("D", "R", 2),
                ("E", "R", 1),
                ("F", "C", 1),
                ("G", "C", 2),
                ("H", "R", 1),
                ("I", "R", 1),
                ("J", "G", 1),
                ("K", "R", 1),
                ("L", "D", 1),
            ],
        );
    }

    #[test]
    fn ranges_make_no_difference() {
        for seed in 0..1000 {
            let heap = random::builder(seed).heap();
            let cancel = CancelToken::new();
            let weak_pairs = WeakPairs::new(&heap, &cancel).unwrap();
            let expected = oracle::dominators(&heap);
            for by_ranges in
                [DominatorTree::by_ranges::<1>, DominatorTree::by_ranges::<2>, DominatorTree::by_ranges::<7>]
            {
                let (tree, _) = by_ranges(&heap, &weak_pairs, &cancel).unwrap();
                let dominators = Dominators::new(tree, |_| 1, &cancel).unwrap();
                for node in heap.nodes.indices() {
                    let expected = oracle::immediate_dominator(&expected, node);
                    assert_eq!(dominators.immediate_dominator(node), expected, "seed {seed}, node {}", node.0);
                }
            }
        }
    }

    #[test]
    fn keys_free_the_values_of_weak_maps() {
        for (sentence, expected) in [
            ("root -> table; root -> key; root -weak-> value", "key"),
            ("root -> table; root -> key; root -> value", "root"),
            ("root -> table; root -> A; table -> key; A -> key; root -weak-> value", "key"),
        ] {
            let mut drawn = draw(sentence);
            let (table, key, value) = (drawn.at("table"), drawn.at("key"), drawn.at("value"));
            drawn.weak_pair(table, key, value);
            let dominators = drawn.snapshot().graph.dominators;
            assert_eq!(dominators.immediate_dominator(value), drawn.at(expected), "{sentence}");
        }
    }

    #[test]
    fn sums_pass_four_gibibytes() {
        check(
            "root -> A(1_000_000_000) -> B(4_000_000_000) -> C(5_000_000_000)",
            &[("A", "root", 10_000_000_000), ("B", "A", 9_000_000_000), ("C", "B", 5_000_000_000)],
        );
    }

    #[test]
    fn preorder_has_dominators_first() {
        let drawn = draw("root -> A(1) -> B(1) -> C(1); A -> D(1); root -> E(1) -> F(1)");
        let preorder = drawn.snapshot().graph.dominators.preorder();
        let keys = ["root", "A", "B", "C", "D", "E", "F"];
        assert_eq!(preorder.order, keys.map(|key| drawn.at(key)));
        assert_eq!(preorder.end, [7, 5, 4, 4, 5, 7, 7]);
    }

    #[test]
    fn lists_what_a_node_dominates() {
        let drawn = draw("root -> A(1) -> B(1) -> C(1); A -> D(1)");
        let dominators = drawn.snapshot().graph.dominators;
        let dominated: Vec<_> = dominators.dominated(drawn.at("A")).collect();
        assert_eq!(dominated, [drawn.at("B"), drawn.at("D")]);
        let dominated: Vec<_> = dominators.dominated(NodeIndex::ROOT).collect();
        assert_eq!(dominated, [drawn.at("A")]);
    }
}
