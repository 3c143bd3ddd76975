//! Edges: two columns, in file order; the edges of a node follow those of the node before it.

use super::node::NodeIndex;
use super::strings::StringIndex;

/// An edge's type (`HeapGraphEdge::Type` of V8, and DevTools' `invisible`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum EdgeKind {
    /// A variable of a scope.
    Context = 0,
    /// An array index.
    Element = 1,
    /// A named or symbol property.
    Property = 2,
    /// A field of the VM.
    Internal = 3,
    /// An unnamed field of the VM.
    Hidden = 4,
    /// A convenience duplicate of another reference.
    Shortcut = 5,
    /// A weak reference.
    Weak = 6,
    /// Never written by V8.
    Invisible = 7,
}

impl EdgeKind {
    /// V8's names, by number.
    pub const NAMES: [&'static str; 8] =
        ["context", "element", "property", "internal", "hidden", "shortcut", "weak", "invisible"];

    const ALL: [Self; 8] = [
        Self::Context,
        Self::Element,
        Self::Property,
        Self::Internal,
        Self::Hidden,
        Self::Shortcut,
        Self::Weak,
        Self::Invisible,
    ];

    /// From the three low bits.
    #[inline]
    pub fn from_bits(bits: u32) -> Self {
        Self::ALL[(bits & 7) as usize]
    }

    /// V8's name.
    pub fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }

    /// Whether the edge's label is a number instead of a string.
    #[inline]
    pub fn is_numbered(self) -> bool {
        matches!(self, Self::Element | Self::Hidden)
    }
}

/// Position of an edge in the file, 0-based.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(transparent)]
pub struct EdgeIndex(pub u32);

impl EdgeIndex {
    /// As a column index.
    #[inline]
    pub fn at(self) -> usize {
        self.0 as usize
    }
}

/// What an edge is called.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum EdgeLabel {
    /// Element and hidden edges.
    Number(u32),
    /// All others.
    Name(StringIndex),
}

/// The edge columns: 8 bytes an edge.
#[derive(Default)]
pub struct Edges {
    /// Target in the high 29 bits, kind in the low three.
    pub(super) target_and_kind: Vec<u32>,
    pub(super) label: Vec<u32>,
}

impl Edges {
    /// The largest node number that an edge can point to.
    pub const MAX_TARGET: u32 = (1 << 29) - 1;

    /// How many edges there are.
    #[inline]
    pub fn len(&self) -> usize {
        self.target_and_kind.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.target_and_kind.is_empty()
    }

    /// The node pointed to.
    #[inline]
    pub fn target(&self, edge: usize) -> NodeIndex {
        NodeIndex(self.target_and_kind[edge] >> 3)
    }

    /// The edge's type.
    #[inline]
    pub fn kind(&self, edge: usize) -> EdgeKind {
        EdgeKind::from_bits(self.target_and_kind[edge])
    }

    /// Target and type in one read, for hot loops.
    #[inline]
    pub fn target_and_kind(&self, edge: usize) -> (NodeIndex, EdgeKind) {
        let packed = self.target_and_kind[edge];
        (NodeIndex(packed >> 3), EdgeKind::from_bits(packed))
    }

    /// The packed column (target in the high 29 bits, kind in the low three), for hot loops.
    #[inline]
    pub fn packed(&self) -> &[u32] {
        &self.target_and_kind
    }

    /// The label as the file says it: a number for element and hidden edges, a string index for all others.
    #[inline]
    pub fn raw_label(&self, edge: usize) -> u32 {
        self.label[edge]
    }

    /// The edge's label.
    #[inline]
    pub fn label(&self, edge: usize) -> EdgeLabel {
        let raw = self.label[edge];
        if self.kind(edge).is_numbered() { EdgeLabel::Number(raw) } else { EdgeLabel::Name(StringIndex(raw)) }
    }

    /// The label as a string, for edges that have one.
    #[inline]
    pub fn name(&self, edge: usize) -> Option<StringIndex> {
        match self.label(edge) {
            EdgeLabel::Name(name) => Some(name),
            EdgeLabel::Number(_) => None,
        }
    }

    /// Appends an edge of the last node.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn push(&mut self, kind: EdgeKind, label: u32, target: NodeIndex) {
        self.target_and_kind.push(target.0 << 3 | kind as u32);
        self.label.push(label);
    }
}
