//! Finds objects by the name of their class, as V8 wrote it, and the VM's own things by theirs: what nearly every cause begins
//! with. All are gathered once, when somebody first asks: `O(n)`, 4 bytes a node and 4 a string while a summary is made.

use rustc_hash::FxHashMap;

use crate::cancel::CancelToken;
use crate::error::Result;
use crate::graph::Snapshot;
use crate::snapshot::{Heap, NodeIndex, NodeKind, Text};

/// The objects of a snapshot, the VM's own things, and native ones, by name.
pub(super) struct Instances<'a> {
    /// Whose they are.
    pub(super) snapshot: &'a Snapshot,
    /// By name, in file order; the rest of each list lies behind its beginning.
    nodes: Vec<NodeIndex>,
    /// By name: where in `nodes`. More than one string may have the same text.
    ranges: FxHashMap<Text, Vec<std::ops::Range<usize>>>,
}

impl<'a> Instances<'a> {
    pub(super) fn new(snapshot: &'a Snapshot, cancel: &CancelToken) -> Result<Self> {
        let heap = &snapshot.heap;
        let mut ends = vec![0u32; heap.strings.len()];
        each(heap, cancel, |_, name| ends[name] += 1)?;
        let mut ranges: FxHashMap<Text, Vec<std::ops::Range<usize>>> = FxHashMap::default();
        let mut start = 0;
        for name in heap.strings.indices() {
            let count = ends[name.at()];
            ends[name.at()] = start;
            if count > 0 {
                let range = start as usize..(start + count) as usize;
                ranges.entry(heap.strings.text(name)).or_default().push(range);
                start += count;
            }
        }
        let mut nodes = vec![NodeIndex::ROOT; start as usize];
        each(heap, cancel, |node, name| {
            nodes[ends[name] as usize] = node;
            ends[name] += 1;
        })?;
        Ok(Self { snapshot, nodes, ranges })
    }

    /// Every object of one of the `classes`, with the position of its class among them, in file order.
    pub(super) fn objects(&self, classes: &[&str]) -> Vec<(NodeIndex, usize)> {
        let nodes = &self.snapshot.heap.nodes;
        let of_class = |(at, class)| self.named(class).map(move |node| (node, at));
        let mut found: Vec<_> = classes.iter().copied().enumerate().flat_map(of_class).collect();
        found.retain(|&(node, _)| nodes.kind(node) == NodeKind::OBJECT);
        found.sort_unstable();
        found
    }

    /// Every one of the VM's own things of this name, in file order.
    pub(super) fn hidden(&self, name: &str) -> Vec<NodeIndex> {
        self.of_kind(name, NodeKind::HIDDEN)
    }

    /// Every native thing of this name, in file order.
    pub(super) fn native(&self, name: &str) -> Vec<NodeIndex> {
        self.of_kind(name, NodeKind::NATIVE)
    }

    fn of_kind(&self, name: &str, kind: NodeKind) -> Vec<NodeIndex> {
        let mut found: Vec<_> = self.named(name).filter(|&node| self.snapshot.heap.nodes.kind(node) == kind).collect();
        found.sort_unstable();
        found
    }

    fn named(&self, name: &str) -> impl Iterator<Item = NodeIndex> + '_ {
        let ranges = self.ranges.get(&Text::from(name)).map_or(&[][..], Vec::as_slice);
        ranges.iter().flat_map(|range| self.nodes[range.clone()].iter().copied())
    }
}

/// Visits what can be asked for, with the number of its name.
fn each(heap: &Heap, cancel: &CancelToken, mut visit: impl FnMut(NodeIndex, usize)) -> Result<()> {
    for node in heap.nodes.indices() {
        if node.at().is_multiple_of(CancelToken::STRIDE) {
            cancel.check()?;
        }
        if matches!(heap.nodes.kind(node), NodeKind::OBJECT | NodeKind::HIDDEN | NodeKind::NATIVE) {
            visit(node, heap.nodes.name(node).at());
        }
    }
    Ok(())
}
