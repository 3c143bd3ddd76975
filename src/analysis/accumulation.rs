//! What one node keeps alive, and where in it the bytes pile up.
//!
//! Eclipse MAT's rule: from an object that retains much, go to the heaviest object it dominates for as long as that one
//! still holds at least [`BIG_DROP`] of its dominator's bytes; where the bytes spread, there they accumulate. Found forward
//! along essential edges from the object, so the cost is that of what it dominates, at most 65,536 nodes; no pass over
//! the heap. Source: Eclipse MAT, `FindLeaksQuery` (`big_drop_ratio`).

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use rustc_hash::{FxHashMap, FxHashSet};

use super::paths::{essential_edges, telling_cost};
use crate::cancel::CancelToken;
use crate::error::Result;
use crate::graph::Snapshot;
use crate::snapshot::{EdgeIndex, NodeIndex};

/// A dominated object with less than this part of its dominator's bytes is where they spread.
pub const BIG_DROP: f64 = 0.7;
/// Not more nodes of a subtree than this are looked at.
const LIMIT: usize = 1 << 16;

/// Whether `part` is less than [`BIG_DROP`] of `whole`.
pub fn is_big_drop(whole: u64, part: u64) -> bool {
    (part as f64) < BIG_DROP * whole as f64
}

/// What a node dominates, with the cheapest way to each.
pub struct Subtree<'a> {
    snapshot: &'a Snapshot,
    top: NodeIndex,
    /// By node: the edge that the cheapest way from the top ends with, and its source.
    ways: FxHashMap<NodeIndex, (EdgeIndex, NodeIndex)>,
}

impl<'a> Subtree<'a> {
    /// Explores what `top` dominates, leaving out the nodes of `fence` and what is dominated by them.
    ///
    /// All paths from `top` to a node it dominates stay inside of the subtree, and pass through the node's immediate
    /// dominator. So a node that is met belongs to the subtree if and only if its immediate dominator was met before.
    /// `dislike` makes ways over an edge dearer, for ways that are equal but would tell the story worse.
    pub fn explore(
        snapshot: &'a Snapshot,
        top: NodeIndex,
        fence: &FxHashSet<NodeIndex>,
        dislike: impl Fn(EdgeIndex) -> u32,
        cancel: &CancelToken,
    ) -> Result<Self> {
        let essential = essential_edges(snapshot);
        let mut ways: FxHashMap<NodeIndex, (EdgeIndex, NodeIndex)> = FxHashMap::default();
        let mut settled = FxHashSet::default();
        let mut costs: FxHashMap<NodeIndex, u32> = FxHashMap::default();
        let mut open = BinaryHeap::from([Reverse((0, top))]);
        while let Some(Reverse((cost, node))) = open.pop() {
            if !settled.insert(node) {
                continue;
            }
            if settled.len() >= LIMIT {
                break;
            }
            if settled.len() % 1024 == 0 {
                cancel.check()?;
            }
            for edge in snapshot.heap.nodes.edges(node) {
                let target = snapshot.heap.edges.target(edge);
                let dominator = snapshot.graph.dominators.immediate_dominator(target);
                let is_inside = dominator == top || ways.contains_key(&dominator);
                if target == top || !is_inside || fence.contains(&target) || !essential.contains(node, edge) {
                    continue;
                }
                if ways.len() >= LIMIT {
                    break;
                }
                let edge = EdgeIndex(edge as u32);
                let cost = cost + telling_cost(snapshot, node, edge) + dislike(edge);
                if costs.get(&target).is_none_or(|&known| cost < known) {
                    costs.insert(target, cost);
                    ways.insert(target, (edge, node));
                    open.push(Reverse((cost, target)));
                }
            }
        }
        Ok(Self { snapshot, top, ways })
    }

    /// Where the bytes of the top, `size` without those of the fence, pile up; the top itself if they spread at once.
    pub fn accumulation_point(&self, size: u64) -> NodeIndex {
        let dominators = &self.snapshot.graph.dominators;
        let mut heaviest: FxHashMap<NodeIndex, NodeIndex> = FxHashMap::default();
        for &node in self.ways.keys() {
            let best = heaviest.entry(dominators.immediate_dominator(node)).or_insert(node);
            // Equal sizes: the first of the file, whatever order the map is walked in.
            if (dominators.retained_size(node), Reverse(node)) > (dominators.retained_size(*best), Reverse(*best)) {
                *best = node;
            }
        }
        let (mut point, mut whole) = (self.top, size);
        while let Some(&next) = heaviest.get(&point)
            && !is_big_drop(whole, dominators.retained_size(next))
        {
            (point, whole) = (next, dominators.retained_size(next));
        }
        point
    }

    /// The edges from the top to `node`.
    pub fn path_to(&self, node: NodeIndex) -> Vec<EdgeIndex> {
        let mut path = Vec::new();
        let mut at = node;
        while let Some(&(edge, source)) = self.ways.get(&at) {
            path.push(edge);
            at = source;
        }
        path.reverse();
        path
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot;
    use crate::testing::builder::Builder;

    /// Where the bytes of `top` pile up, and the nodes on the way there.
    fn point(drawn: &Builder, top: &str, fence: &[&str]) -> (String, Vec<String>) {
        let snapshot = drawn.snapshot();
        let fence = fence.iter().map(|key| drawn.at(key)).collect();
        let top = drawn.at(top);
        let subtree = Subtree::explore(&snapshot, top, &fence, |_| 0, &CancelToken::new()).unwrap();
        let size = snapshot.graph.dominators.retained_size(top);
        let fenced: u64 = fence.iter().map(|&node| snapshot.graph.dominators.retained_size(node)).sum();
        let point = subtree.accumulation_point(size - fenced);
        let name = |node| drawn.name_of(node).to_owned();
        let way = subtree.path_to(point).iter().map(|edge| name(snapshot.heap.edges.target(edge.at()))).collect();
        (name(point), way)
    }

    #[test]
    fn bytes_are_followed_until_they_spread() {
        let drawn = snapshot! {
            root -> A(10) -> B(10) -> C(10) -> D(100);
            C -> E(100);
            A -> F(5)
        };
        assert_eq!(point(&drawn, "A", &[]), ("C".to_owned(), vec!["B".to_owned(), "C".to_owned()]));
        assert_eq!(point(&drawn, "D", &[]), ("D".to_owned(), vec![]));
    }

    #[test]
    fn what_others_hold_too_is_not_followed() {
        let drawn = snapshot! { root -> A(10) -> B(10) -> big(1000); root -> C(1) -> big };
        assert_eq!(point(&drawn, "A", &[]).0, "A");
    }

    #[test]
    fn a_node_with_two_ways_inside_belongs_to_the_subtree() {
        let drawn = snapshot! { root -> A(1) -> B(1) -> big(1000); A -> C(1) -> big };
        assert_eq!(point(&drawn, "A", &[]).0, "big");
    }

    #[test]
    fn the_fence_is_not_passed() {
        let drawn = snapshot! { root -> A(10) -> next(1) -> huge(5000); A -> mine(100) };
        assert_eq!(point(&drawn, "A", &["next"]).0, "mine");
        assert_eq!(point(&drawn, "A", &[]).0, "huge");
    }
}
