//! Shallow sizes: the bytes of VM parts that belong to one object only are counted as that object's.
//!
//! A part is *movable* when its type is `hidden` or `array`, or when it is the native data of an external string. Its
//! owner is the join over all references to it that are not weak: a node that is no part owns itself; a part hands on the
//! owner it has itself; two different owners make "several". A part with exactly one owner, neither synthetic nor the root,
//! gives its bytes to the owner and keeps none. In a snapshot without user roots (taken with `exposeInternals`) nothing
//! moves.
//!
//! `O(nodes + edges)`: one pass over the edges in file order settles all that objects hold directly, then what is left
//! spreads from part to part, each of which changes at most twice. 4 bytes a node and 1 bit a node while it runs; keeps
//! 4 bytes a node. Source: DevTools `HeapSnapshot.ts` (`calculateShallowSizes`).

use super::bitset::Bitset;
use super::detachedness::Detachedness;
use super::page_objects::is_user_root;
use super::size_column::SizeColumn;
use crate::cancel::CancelToken;
use crate::error::Result;
use crate::snapshot::{EdgeKind, Heap, NodeIndex, NodeKind};

/// Every node's shallow size.
#[derive(Default)]
pub struct ShallowSizes(SizeColumn);

impl ShallowSizes {
    /// The file's sizes, after the moves.
    pub fn new(heap: &Heap, detachedness: &Detachedness, cancel: &CancelToken) -> Result<Self> {
        let mut sizes = SizeColumn::new(heap.nodes.indices().map(|node| heap.nodes.self_size(node)));
        let has_user_roots = heap.nodes.edges(NodeIndex::ROOT).any(|edge| is_user_root(heap, heap.edges.target(edge)));
        if has_user_roots {
            for (node, owner) in Owners::new(heap, detachedness, cancel)?.moves(heap) {
                sizes.add(owner, sizes.of(node));
                sizes.set(node, 0);
            }
        }
        Ok(Self(sizes))
    }

    /// A node's own bytes.
    #[inline]
    pub fn shallow_size(&self, node: NodeIndex) -> u64 {
        self.0.of(node)
    }
}

/// No reference to the part was seen yet.
const NONE: u32 = u32::MAX;
/// The part has several owners.
const SEVERAL: u32 = u32::MAX - 1;

/// Who owns each movable part.
struct Owners {
    is_movable: Bitset,
    /// A node, [`NONE`] or [`SEVERAL`].
    owner: Vec<u32>,
}

impl Owners {
    fn new(heap: &Heap, detachedness: &Detachedness, cancel: &CancelToken) -> Result<Self> {
        let nodes = &heap.nodes;
        let mut is_movable = Bitset::new(nodes.len());
        for node in nodes.indices() {
            let movable = match nodes.kind(node) {
                NodeKind::HIDDEN | NodeKind::ARRAY => true,
                NodeKind::NATIVE => {
                    heap.node_is_named(node, "system / ExternalStringData") && !detachedness.is_renamed(node)
                }
                _ => false,
            };
            if movable {
                is_movable.insert(node.at());
            }
        }
        let mut this = Self { is_movable, owner: vec![NONE; nodes.len()] };
        let mut steps = 0;
        for node in nodes.indices() {
            steps += 1 + nodes.edges(node).len();
            if steps > CancelToken::STRIDE {
                steps = 0;
                cancel.check()?;
            }
            if !this.is_movable.contains(node.at()) {
                this.hand_on(heap, node, node.0, |_| {});
            }
        }
        let mut pending = Vec::new();
        for node in nodes.indices() {
            if !this.is_movable.contains(node.at()) {
                continue;
            }
            pending.push(node);
            while let Some(part) = pending.pop() {
                steps += 1 + nodes.edges(part).len();
                if steps > CancelToken::STRIDE {
                    steps = 0;
                    cancel.check()?;
                }
                let owner = this.owner[part.at()];
                if owner != NONE {
                    this.hand_on(heap, part, owner, |changed| pending.push(changed));
                }
            }
        }
        Ok(this)
    }

    /// Joins `owner` into all movable nodes that `source` refers to; tells those that change.
    #[inline]
    fn hand_on(&mut self, heap: &Heap, source: NodeIndex, owner: u32, mut changed: impl FnMut(NodeIndex)) {
        for edge in heap.nodes.edges(source) {
            let (target, kind) = heap.edges.target_and_kind(edge);
            if kind == EdgeKind::Weak || !self.is_movable.contains(target.at()) {
                continue;
            }
            let known = &mut self.owner[target.at()];
            let joined = if *known == NONE || *known == owner { owner } else { SEVERAL };
            if joined != *known {
                *known = joined;
                changed(target);
            }
        }
    }

    /// The parts that move, each with its owner.
    fn moves<'a>(&'a self, heap: &'a Heap) -> impl Iterator<Item = (NodeIndex, NodeIndex)> + 'a {
        heap.nodes.indices().filter(|node| self.is_movable.contains(node.at())).filter_map(|node| {
            let owner = self.owner[node.at()];
            let moves = owner < SEVERAL
                && owner != NodeIndex::ROOT.0
                && heap.nodes.kind(NodeIndex(owner)) != NodeKind::SYNTHETIC;
            moves.then_some((node, NodeIndex(owner)))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::builder::Builder;

    fn check(drawn: Builder, expected: &[(&str, u64)]) {
        let heap = drawn.heap();
        let cancel = CancelToken::new();
        let detachedness = Detachedness::new(&heap, &cancel).unwrap();
        let sizes = ShallowSizes::new(&heap, &detachedness, &cancel).unwrap();
        for &(key, size) in expected {
            assert_eq!(sizes.shallow_size(drawn.at(key)), size, "{key}");
        }
    }

    #[test]
    fn parts_move_to_their_only_owner() {
        let drawn = crate::snapshot! {
            root -shortcut-> A(1) -> elements:array(10) -> backing:hidden(100) -> elements;
            A -> text:string(2) -> data="system / ExternalStringData":native(20);
            A -weak-> shared:array(1000);
            root -> B(3) -> shared
        };
        let expected =
            [("A", 111), ("elements", 0), ("backing", 0), ("text", 22), ("data", 0), ("B", 1003), ("shared", 0)];
        check(drawn, &expected);
    }

    #[test]
    fn parts_of_several_stay_and_hand_that_on() {
        let drawn = crate::snapshot! {
            root -shortcut-> A(1) -> shared:array(10) -> below:hidden(100);
            root -> B(2) -> shared;
            A -> below
        };
        check(drawn, &[("A", 1), ("B", 2), ("shared", 10), ("below", 100)]);
    }

    #[test]
    fn parts_of_the_vm_stay() {
        let drawn = crate::snapshot! {
            root -shortcut-> A(1);
            root -> own:hidden(10);
            root -[2]-> roots="(GC roots)":synthetic(0) -> theirs:array(100);
            lost:array(1000)
        };
        check(drawn, &[("A", 1), ("own", 10), ("theirs", 100), ("lost", 1000)]);
    }

    #[test]
    fn nothing_moves_without_user_roots() {
        let drawn = crate::snapshot! { root -[1]-> roots="(GC roots)":synthetic(0) -> A(1) -> elements:array(10) };
        check(drawn, &[("A", 1), ("elements", 10)]);
    }

    #[test]
    fn sums_may_pass_four_gibibytes() {
        let drawn = crate::snapshot! {
            root -shortcut-> A(4_000_000_000) -> elements:array(4_000_000_000);
            A -> large(18_446_744_073_709_551_614)
        };
        check(drawn, &[("A", 8_000_000_000), ("elements", 0), ("large", u64::MAX - 1)]);
    }
}
