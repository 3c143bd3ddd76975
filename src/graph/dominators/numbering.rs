//! The depth-first search: preorder numbers, page objects, and a first bound of the semidominators, in one walk over all
//! edges.
//!
//! The walk starts with the root's edges to where page objects begin. Whatever it reaches so is a page object, and rule 5
//! of [`super::super::essential`] can exclude nothing there, so the flags need no walk of their own. Before the walk goes
//! on with the root's other edges, the set is completed over the edges that are not essential, but make page objects.
//!
//! Edges to unvisited nodes make the tree. Edges to larger numbers lower the target's semidominator at once, edges to
//! smaller ones are kept ([`CrossEdges`]).
//!
//! `O(nodes + edges)`, bound by the latency of memory: the inner loop looks at one small number a target, which is asked
//! for ahead. 16 bytes a node, 6 bytes an edge to a smaller number, 12 bytes a level of depth.

use std::ops::Range;

use super::cross_edges::CrossEdges;
use crate::cancel::CancelToken;
use crate::error::Result;
use crate::graph::bitset::Bitset;
use crate::graph::essential::{EssentialEdges, essential_kinds, is_table_edge};
use crate::graph::page_objects::PageObjects;
use crate::graph::prefetch::prefetch;
use crate::graph::weak_pairs::WeakPairs;
use crate::snapshot::{EdgeKind, Heap, NodeIndex};

/// The root's number. 0 is nobody's.
pub(super) const ROOT: u32 = 1;

/// What the search finds. Columns by number; entry 0 is unused.
pub(super) struct Numbering<const RANGE: usize> {
    /// The node that has the number.
    pub(super) order: Vec<u32>,
    /// Number of the parent in the search tree; smaller than the own.
    pub(super) parent: Vec<u32>,
    /// Smallest number of a predecessor with a smaller number.
    pub(super) semi: Vec<u32>,
    /// The edges to smaller numbers.
    pub(super) cross_edges: CrossEdges<RANGE>,
    /// The page objects.
    pub(super) page_objects: PageObjects,
    /// The nodes without a number: cycles that nobody feeds, and what only they reach.
    pub(super) ignored: Vec<NodeIndex>,
}

/// In a mark: a page object.
const PAGE: u32 = 1 << 30;
/// In a mark: has the id of a WeakMap's table.
const TABLE: u32 = 1 << 31;
/// In a mark: the number. Node numbers have 29 bits.
const NUMBER: u32 = PAGE - 1;

/// How many edges ahead the targets' marks are asked for.
const AHEAD: usize = 8;

/// A node whose edges are being walked.
#[derive(Clone, Copy)]
struct Frame {
    next: u32,
    end: u32,
    mark: u32,
}

struct Search<'a, const RANGE: usize> {
    heap: &'a Heap,
    weak_pairs: &'a WeakPairs,
    cancel: &'a CancelToken,
    /// What is known of every node: its number (0: unvisited), [`PAGE`] and [`TABLE`].
    marks: Vec<u32>,
    stack: Vec<Frame>,
    order: Vec<u32>,
    parent: Vec<u32>,
    semi: Vec<u32>,
    cross_edges: CrossEdges<RANGE>,
    /// In the page phase: targets of page objects' edges that are not essential.
    page_targets: Vec<u32>,
    /// Steps until the cancel token is asked again.
    patience: usize,
}

/// Numbers the nodes.
pub(super) fn number<const RANGE: usize>(
    heap: &Heap,
    weak_pairs: &WeakPairs,
    cancel: &CancelToken,
) -> Result<Numbering<RANGE>> {
    let node_count = heap.nodes.len();
    let column = || {
        let mut column = Vec::with_capacity(node_count + 1);
        column.push(0);
        column
    };
    let mut search = Search {
        heap,
        weak_pairs,
        cancel,
        marks: marks(heap, weak_pairs),
        stack: Vec::new(),
        order: column(),
        parent: column(),
        semi: column(),
        cross_edges: CrossEdges::new(node_count, heap.edges.len()),
        page_targets: Vec::new(),
        patience: CancelToken::STRIDE,
    };
    search.enter(NodeIndex::ROOT.0, ROOT, 0);
    search.stack.clear();

    let (starts, others): (Vec<usize>, Vec<usize>) = heap
        .nodes
        .edges(NodeIndex::ROOT)
        .filter(|&edge| essential_kinds(true) >> heap.edges.kind(edge) as u8 & 1 != 0)
        .filter(|&edge| !is_table_edge(heap, weak_pairs, NodeIndex::ROOT, edge))
        .partition(|&edge| PageObjects::start_at(heap, edge));
    for edge in starts {
        search.walk_from_root::<true>(heap.edges.target(edge))?;
    }
    search.complete_page_objects()?;
    for edge in others {
        search.walk_from_root::<false>(heap.edges.target(edge))?;
    }

    let page_objects = search.page_objects();
    for orphan in search.orphans(&page_objects)? {
        search.walk_from_root::<false>(orphan)?;
    }
    let ignored = search.unvisited().collect();
    let Search { order, parent, semi, cross_edges, .. } = search;
    Ok(Numbering { order, parent, semi, cross_edges, page_objects, ignored })
}

/// Nobody is visited; tables are marked.
fn marks(heap: &Heap, weak_pairs: &WeakPairs) -> Vec<u32> {
    let mut marks = vec![0; heap.nodes.len()];
    for table in weak_pairs.tables(&heap.nodes) {
        marks[table.at()] = TABLE;
    }
    marks
}

/// Flags a page object; whether it was none before.
fn flag_page(marks: &mut [u32], node: u32) -> bool {
    let mark = &mut marks[node as usize];
    let is_new = *mark & PAGE == 0;
    *mark |= PAGE;
    is_new
}

impl<const RANGE: usize> Search<'_, RANGE> {
    /// Gives `node` the next number and puts it on the stack.
    #[inline]
    fn enter(&mut self, node: u32, parent: u32, flags: u32) {
        let number = self.order.len() as u32;
        let Range { start, end } = self.heap.nodes.edges(NodeIndex(node));
        let mark = &mut self.marks[node as usize];
        *mark |= number | flags;
        self.stack.push(Frame { next: start as u32, end: end as u32, mark: *mark });
        self.order.push(node);
        self.parent.push(parent);
        self.semi.push(parent);
        for &packed in &self.heap.edges.packed()[start..end.min(start + AHEAD)] {
            prefetch(&self.marks, (packed >> 3) as usize);
        }
    }

    /// Walks along an edge of the root (or one that every orphan is given) and everything behind it. `IN_PAGE`: every node
    /// reached is a page object.
    fn walk_from_root<const IN_PAGE: bool>(&mut self, target: NodeIndex) -> Result<()> {
        let number = self.marks[target.at()] & NUMBER;
        if number != 0 {
            self.semi[number as usize] = ROOT;
            // A root that points to itself is a page object, and so is all that it holds.
            if IN_PAGE && number == ROOT {
                self.page_targets.push(target.0);
            }
            return Ok(());
        }
        let flags = if IN_PAGE { PAGE } else { 0 };
        let edges = self.heap.edges.packed();
        self.enter(target.0, ROOT, flags);
        while let Some(frame) = self.stack.last_mut() {
            let Frame { mut next, end, mark } = *frame;
            let source = mark & NUMBER;
            let mut child = None;
            while next < end {
                let edge = next as usize;
                next += 1;
                prefetch(&self.marks, edges.get(edge + AHEAD).map_or(0, |packed| (packed >> 3) as usize));
                let packed = edges[edge];
                let target = packed >> 3;
                if essential_kinds(false) >> (packed & 7) & 1 == 0 {
                    if IN_PAGE && EdgeKind::from_bits(packed) != EdgeKind::Weak {
                        self.page_targets.push(target);
                    }
                    continue;
                }
                if mark & TABLE != 0
                    && is_table_edge(self.heap, self.weak_pairs, NodeIndex(self.order[source as usize]), edge)
                {
                    if IN_PAGE {
                        self.page_targets.push(target);
                    }
                    continue;
                }
                let target_mark = self.marks[target as usize];
                if !IN_PAGE && target_mark & PAGE != 0 && mark & PAGE == 0 {
                    continue;
                }
                let number = target_mark & NUMBER;
                if number == 0 {
                    child = Some(target);
                    break;
                }
                if number > source {
                    let semi = &mut self.semi[number as usize];
                    *semi = source.min(*semi);
                } else if number == ROOT {
                    // The root dominates in any case; but what makes it a page object makes all it holds page objects.
                    if IN_PAGE {
                        self.page_targets.push(NodeIndex::ROOT.0);
                    }
                } else if number < source {
                    self.cross_edges.push(source, number);
                }
            }
            match child {
                Some(child) => {
                    frame.next = next;
                    self.enter(child, source, flags);
                    self.tick((end - next) as usize)?;
                }
                None => {
                    self.stack.pop();
                }
            }
        }
        Ok(())
    }

    /// Asks the cancel token now and then.
    #[inline]
    fn tick(&mut self, steps: usize) -> Result<()> {
        match self.patience.checked_sub(steps + 1) {
            Some(patience) => {
                self.patience = patience;
                Ok(())
            }
            None => {
                self.patience = CancelToken::STRIDE;
                self.cancel.check()
            }
        }
    }

    /// Flags what page objects reach over edges that are not essential.
    fn complete_page_objects(&mut self) -> Result<()> {
        let mut pending = std::mem::take(&mut self.page_targets);
        pending.retain(|&node| flag_page(&mut self.marks, node));
        while let Some(node) = pending.pop() {
            let edges = self.heap.nodes.edges(NodeIndex(node));
            self.tick(edges.len())?;
            for &packed in &self.heap.edges.packed()[edges] {
                if EdgeKind::from_bits(packed) != EdgeKind::Weak && flag_page(&mut self.marks, packed >> 3) {
                    pending.push(packed >> 3);
                }
            }
        }
        Ok(())
    }

    fn page_objects(&self) -> PageObjects {
        let mut flags = Bitset::new(self.heap.nodes.len());
        for (node, mark) in self.marks.iter().enumerate() {
            if mark & PAGE != 0 {
                flags.insert(node);
            }
        }
        PageObjects(flags)
    }

    /// The nodes not reached so far that no essential edge leads to. Only edges of nodes that are not reached either could.
    fn orphans(&self, page_objects: &PageObjects) -> Result<Vec<NodeIndex>> {
        let essential = EssentialEdges::new(self.heap, self.weak_pairs, page_objects);
        let mut is_held = Bitset::new(self.heap.nodes.len());
        for node in self.unvisited() {
            if node.at() % CancelToken::STRIDE == 0 {
                self.cancel.check()?;
            }
            for edge in self.heap.nodes.edges(node).filter(|&edge| essential.contains(node, edge)) {
                is_held.insert(self.heap.edges.target(edge).at());
            }
        }
        Ok(self.unvisited().filter(|node| !is_held.contains(node.at())).collect())
    }

    fn unvisited(&self) -> impl Iterator<Item = NodeIndex> + '_ {
        self.heap.nodes.indices().filter(|node| self.marks[node.at()] & NUMBER == 0)
    }
}
