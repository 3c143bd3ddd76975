//! Nodes: one column per field, in file order.

use std::fmt;

use rustc_hash::FxHashMap;

use super::strings::StringIndex;

/// Position of a node in the file, 0-based (its ordinal). Not stable between snapshots; see [`NodeId`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(transparent)]
pub struct NodeIndex(pub u32);

impl NodeIndex {
    /// The root: the first node of the file.
    pub const ROOT: Self = Self(0);

    /// As a column index.
    #[inline]
    pub fn at(self) -> usize {
        self.0 as usize
    }
}

impl From<usize> for NodeIndex {
    #[inline]
    fn from(at: usize) -> Self {
        Self(at as u32)
    }
}

/// V8's id of an object (`@123`), stable as long as the object lives. Odd for JavaScript objects, even for native ones.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
#[repr(transparent)]
pub struct NodeId(pub u32);

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "@{}", self.0)
    }
}

/// A node's type. V8's known types have constants; types of a later V8 get numbers from [`NodeKind::KNOWN`] up, and
/// their names from [`super::Layout::kind_name`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(transparent)]
pub struct NodeKind(pub u8);

#[allow(missing_docs)] // V8's names, in V8's order (HeapGraphNode::Type).
impl NodeKind {
    pub const HIDDEN: Self = Self(0);
    pub const ARRAY: Self = Self(1);
    pub const STRING: Self = Self(2);
    pub const OBJECT: Self = Self(3);
    pub const CODE: Self = Self(4);
    pub const CLOSURE: Self = Self(5);
    pub const REGEXP: Self = Self(6);
    pub const NUMBER: Self = Self(7);
    pub const NATIVE: Self = Self(8);
    pub const SYNTHETIC: Self = Self(9);
    pub const CONCATENATED_STRING: Self = Self(10);
    pub const SLICED_STRING: Self = Self(11);
    pub const SYMBOL: Self = Self(12);
    pub const BIGINT: Self = Self(13);
    pub const OBJECT_SHAPE: Self = Self(14);
    pub const WASM_OBJECT: Self = Self(15);

    /// How many types are known; numbers from here on are types named by the file only.
    pub const KNOWN: u8 = 16;
    /// How many types fit beside the detachedness in a byte.
    pub const MAX: usize = 64;

    /// Names of the known types, by number.
    pub const NAMES: [&'static str; Self::KNOWN as usize] = [
        "hidden",
        "array",
        "string",
        "object",
        "code",
        "closure",
        "regexp",
        "number",
        "native",
        "synthetic",
        "concatenated string",
        "sliced string",
        "symbol",
        "bigint",
        "object shape",
        "wasm object",
    ];
}

/// The node columns. 17 bytes a node; `O(1)` access.
#[derive(Default)]
pub struct Nodes {
    /// Kind in the low six bits, the file's detachedness (0 unknown, 1 attached, 2 detached) in the high two.
    pub(super) kind: Vec<u8>,
    pub(super) name: Vec<u32>,
    pub(super) id: Vec<u32>,
    /// `u32::MAX` marks a size kept in `large_size`.
    pub(super) self_size: Vec<u32>,
    /// Sizes of `u32::MAX` and above, by node.
    pub(super) large_size: FxHashMap<u32, u64>,
    /// Index of each node's first edge, and the number of edges as the last entry.
    pub(super) first_edge: Vec<u32>,
}

impl Nodes {
    /// How many nodes there are; never 0 in a parsed heap.
    #[inline]
    pub fn len(&self) -> usize {
        self.kind.len()
    }

    /// Never true in a parsed heap.
    pub fn is_empty(&self) -> bool {
        self.kind.is_empty()
    }

    /// Every node, in file order.
    pub fn indices(&self) -> impl DoubleEndedIterator<Item = NodeIndex> + ExactSizeIterator + Clone + use<> {
        (0..self.len() as u32).map(NodeIndex)
    }

    /// The node's type.
    #[inline]
    pub fn kind(&self, node: NodeIndex) -> NodeKind {
        NodeKind(self.kind[node.at()] & 0x3f)
    }

    /// Detachedness as the file says it: 0 unknown, 1 attached, 2 detached.
    #[inline]
    pub fn detachedness(&self, node: NodeIndex) -> u8 {
        self.kind[node.at()] >> 6
    }

    /// The node's name as the file says it (before any `Detached ` renaming).
    #[inline]
    pub fn name(&self, node: NodeIndex) -> StringIndex {
        StringIndex(self.name[node.at()])
    }

    /// V8's id.
    #[inline]
    pub fn id(&self, node: NodeIndex) -> NodeId {
        NodeId(self.id[node.at()])
    }

    /// Every node's id, in file order.
    pub fn ids(&self) -> &[u32] {
        &self.id
    }

    /// Own size in bytes as the file says it (before any moves; see `graph::sizes`).
    #[inline]
    pub fn self_size(&self, node: NodeIndex) -> u64 {
        match self.self_size[node.at()] {
            u32::MAX => self.large_size.get(&node.0).copied().unwrap_or(u64::from(u32::MAX)),
            size => u64::from(size),
        }
    }

    /// The range of the node's edges.
    #[inline]
    pub fn edges(&self, node: NodeIndex) -> std::ops::Range<usize> {
        self.first_edge[node.at()] as usize..self.first_edge[node.at() + 1] as usize
    }

    /// The index of every node's first edge, in file order, and the number of edges as the last entry.
    #[inline]
    pub fn first_edges(&self) -> &[u32] {
        &self.first_edge
    }

    /// The first node with this id, by a linear search: `O(n)`, about a millisecond per two million nodes.
    pub fn find_id(&self, id: NodeId) -> Option<NodeIndex> {
        self.id.iter().position(|&other| other == id.0).map(NodeIndex::from)
    }

    /// Appends a node, whose edges follow those of the nodes so far.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn push(
        &mut self,
        kind: NodeKind,
        detachedness: u8,
        name: StringIndex,
        id: NodeId,
        self_size: u64,
        edge_count: u32,
    ) {
        if self.first_edge.is_empty() {
            self.first_edge.push(0);
        }
        if self_size >= u64::from(u32::MAX) {
            self.large_size.insert(self.len() as u32, self_size);
        }
        self.kind.push(kind.0 | detachedness << 6);
        self.name.push(name.0);
        self.id.push(id.0);
        self.self_size.push(u32::try_from(self_size).unwrap_or(u32::MAX));
        self.first_edge.push(self.first_edge[self.len() - 1] + edge_count);
    }
}
