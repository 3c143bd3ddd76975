//! Room 1: bytes -> immutable columns. Knows V8's file, and no graph theory.
//!
//! [`Heap`] is what the file says, nothing more: nodes, edges, locations, samples and strings, as columns.

mod column;
mod edge;
mod layout;
mod locations;
mod node;
mod numbers;
mod packing;
mod partial;
mod read;
mod rewrite;
mod scan;
mod source;
mod strings;
mod text;
mod traces;

pub use edge::{EdgeIndex, EdgeKind, EdgeLabel, Edges};
pub use layout::Layout;
pub use locations::{Location, Locations};
pub use node::{NodeId, NodeIndex, NodeKind, Nodes};
pub use packing::Packed;
pub use partial::{Cut, LOST};
pub use read::{ReadOptions, read, read_partial};
pub use rewrite::{EdgeRecord, NodeRecord, StringRules, rewrite};
pub use source::Source;
pub use strings::{StringIndex, Strings};
pub use text::Text;
pub use traces::{Trace, TraceFunction, Traces};

/// What a snapshot file says, as columns.
///
/// Invariants, checked while parsing: there is at least one node; the edges of all nodes together are the edges;
/// every target, name and label is in range.
pub struct Heap {
    /// What the header says.
    pub layout: Layout,
    /// The node columns.
    pub nodes: Nodes,
    /// The edge columns.
    pub edges: Edges,
    /// Source positions.
    pub locations: Locations,
    /// Allocation timeline: (microseconds since the start, last id assigned by then).
    pub samples: Vec<(u64, u32)>,
    /// All strings.
    pub strings: Strings,
    /// Stacks of allocations.
    pub traces: Traces,
    /// Where the file ended, if it was read in part.
    pub cut: Option<Cut>,
}

impl Heap {
    /// Whether an edge's label is the string `literal` (plain ASCII). False for numbered edges.
    #[inline]
    pub fn edge_is_named(&self, edge: usize, literal: &str) -> bool {
        self.edges.name(edge).is_some_and(|name| self.strings.is(name, literal))
    }

    /// Whether a node's raw name is the string `literal` (plain ASCII).
    #[inline]
    pub fn node_is_named(&self, node: NodeIndex, literal: &str) -> bool {
        self.strings.is(self.nodes.name(node), literal)
    }

    /// The target of the first edge of `node` of this kind and name.
    pub fn follow(&self, node: NodeIndex, kind: EdgeKind, name: &str) -> Option<NodeIndex> {
        self.nodes
            .edges(node)
            .find(|&edge| self.edges.kind(edge) == kind && self.edge_is_named(edge, name))
            .map(|edge| self.edges.target(edge))
    }
}
