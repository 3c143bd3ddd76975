//! Detachedness: which native nodes (DOM nodes, Node's `BaseObject`s) are attached to their tree, and which were cut off.
//!
//! The file states it for some native nodes. It spreads from native node to native node over edges that are not hidden,
//! invisible or weak: what an attached node reaches is attached, what a detached one reaches and no attached one does is
//! detached. Nothing spreads through JavaScript objects. Detached native nodes are renamed to `Detached <name>`.
//!
//! `O(nodes)` when the file states nothing, which keeps nothing; else `O(nodes + edges of native nodes)` and 4 bits a node.
//! Source: DevTools `HeapSnapshot.ts` (`propagateDOMState`), V8 `include/v8-profiler.h` (`EmbedderGraph::Node::Detachedness`).

use crate::cancel::CancelToken;
use crate::error::Result;
use crate::snapshot::{EdgeKind, Heap, NodeIndex, NodeKind};

/// State of a node of which nothing is known.
const UNKNOWN: u8 = 0;
/// State of a node that is part of its tree.
const ATTACHED: u8 = 1;
/// State of a node that was cut off.
const DETACHED: u8 = 2;

/// What the low two of a node's four bits say; the other two are the marks below.
const STATE: u8 = 3;
/// The node's name got the prefix `Detached `.
const RENAMED: u8 = 4;
/// The node's state is final.
const SETTLED: u8 = 8;

/// Every node's state.
#[derive(Default)]
pub struct Detachedness {
    /// Four bits a node; empty when no node has a state.
    marks: Vec<u8>,
}

impl Detachedness {
    /// Takes the file's states, and spreads them.
    pub fn new(heap: &Heap, cancel: &CancelToken) -> Result<Self> {
        if !heap.layout.has_detachedness {
            return Self::from_names(heap, cancel);
        }
        let mut this = Self::default();
        let (mut attached, mut detached) = (Vec::new(), Vec::new());
        for node in heap.nodes.indices() {
            if node.at().is_multiple_of(CancelToken::STRIDE) {
                cancel.check()?;
            }
            let state = heap.nodes.detachedness(node);
            if state == UNKNOWN {
                continue;
            }
            this.mark(heap, node, state);
            if heap.nodes.kind(node) == NodeKind::NATIVE {
                this.settle(heap, node, state);
                match state {
                    ATTACHED => attached.push(node),
                    DETACHED => detached.push(node),
                    _ => {}
                }
            }
        }
        this.spread(heap, attached, ATTACHED, cancel)?;
        this.spread(heap, detached, DETACHED, cancel)?;
        Ok(this)
    }

    /// The state: 0 unknown, 1 attached, 2 detached, or 3 where the file says so.
    #[inline]
    pub fn state(&self, node: NodeIndex) -> u8 {
        self.marks_of(node) & STATE
    }

    /// Whether the node's name is the file's with `Detached ` before it.
    #[inline]
    pub fn is_renamed(&self, node: NodeIndex) -> bool {
        self.marks_of(node) & RENAMED != 0
    }

    /// Files of V8 8 and older (Node 14) tell by the names.
    fn from_names(heap: &Heap, cancel: &CancelToken) -> Result<Self> {
        let mut this = Self::default();
        for node in heap.nodes.indices() {
            if node.at().is_multiple_of(CancelToken::STRIDE) {
                cancel.check()?;
            }
            if heap.nodes.kind(node) == NodeKind::NATIVE && heap.strings.starts_with(heap.nodes.name(node), "Detached ")
            {
                this.mark(heap, node, DETACHED);
            }
        }
        Ok(this)
    }

    /// Gives `state` to all native nodes that `pending` reaches and that have none yet.
    fn spread(&mut self, heap: &Heap, mut pending: Vec<NodeIndex>, state: u8, cancel: &CancelToken) -> Result<()> {
        let mut steps = 0;
        while let Some(node) = pending.pop() {
            for edge in heap.nodes.edges(node) {
                steps += 1;
                if steps % CancelToken::STRIDE == 0 {
                    cancel.check()?;
                }
                let (target, kind) = heap.edges.target_and_kind(edge);
                if !matches!(kind, EdgeKind::Hidden | EdgeKind::Invisible | EdgeKind::Weak)
                    && heap.nodes.kind(target) == NodeKind::NATIVE
                    && self.marks_of(target) & SETTLED == 0
                {
                    self.settle(heap, target, state);
                    pending.push(target);
                }
            }
        }
        Ok(())
    }

    fn settle(&mut self, heap: &Heap, node: NodeIndex, state: u8) {
        self.mark(heap, node, state | SETTLED | if state == DETACHED { RENAMED } else { 0 });
    }

    fn mark(&mut self, heap: &Heap, node: NodeIndex, marks: u8) {
        if self.marks.is_empty() {
            self.marks = vec![0; heap.nodes.len().div_ceil(2)];
        }
        self.marks[node.at() / 2] |= marks << (node.at() % 2 * 4);
    }

    #[inline]
    fn marks_of(&self, node: NodeIndex) -> u8 {
        self.marks.get(node.at() / 2).map_or(0, |marks| marks >> (node.at() % 2 * 4) & 0xf)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::builder::{Builder, Writer};

    fn states(builder: &Builder, keys: &[&str]) -> Vec<(u8, bool)> {
        let heap = builder.heap();
        let detachedness = Detachedness::new(&heap, &CancelToken::new()).unwrap();
        let of = |key: &&str| (detachedness.state(builder.at(key)), detachedness.is_renamed(builder.at(key)));
        keys.iter().map(of).collect()
    }

    #[test]
    fn keeps_nothing_when_nothing_is_stated() {
        let heap = crate::snapshot! { root -> A:native(8) -> B(8) }.heap();
        assert!(Detachedness::new(&heap, &CancelToken::new()).unwrap().marks.is_empty());
    }

    #[test]
    fn attached_wins_and_objects_stop_it() {
        let mut drawn = crate::snapshot! {
            root -> attached:native(8) -> shared:native(8);
            root -> detached:native(8) -> shared;
            detached -> own:native(8) -> object(8) -> beyond:native(8);
            detached -weak-> weakly:native(8);
            attached -[1]-> stated:native(8)
        };
        let (attached, detached) = (drawn.at("attached"), drawn.at("detached"));
        let (object, stated) = (drawn.at("object"), drawn.at("stated"));
        drawn.detachedness(attached, ATTACHED).detachedness(detached, DETACHED);
        drawn.detachedness(object, DETACHED).detachedness(stated, DETACHED);
        assert_eq!(
            states(&drawn, &["attached", "detached", "shared", "own", "object", "beyond", "weakly", "stated"]),
            [(1, false), (2, true), (1, false), (2, true), (2, false), (0, false), (0, false), (2, true)]
        );
    }

    #[test]
    fn old_files_tell_by_name() {
        let mut drawn =
            crate::snapshot! { root -> A="Detached Foo":native(8) -> B:native(8); root -> C="Detached Foo"(8) };
        drawn.writer(Writer::Node12);
        assert_eq!(states(&drawn, &["A", "B", "C"]), [(2, false), (0, false), (0, false)]);
    }
}
