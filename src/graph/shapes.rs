//! Shapes: which plain objects have the same properties in the same order.
//!
//! `O(edges of plain objects)`; 8 bytes a plain object, 4 a property of each shape.

use super::content_table::{ContentTable, content_hash};
use crate::snapshot::{EdgeKind, Heap, NodeIndex, StringIndex};

/// The plain objects of a heap, by shape.
#[derive(Default)]
pub struct Shapes {
    objects: Vec<(NodeIndex, u32)>,
    properties: Sequences,
    counts: Vec<u64>,
    /// The properties of the object being added.
    scratch: Vec<StringIndex>,
}

impl Shapes {
    /// Adds a plain object; objects come in file order.
    pub fn add(&mut self, heap: &Heap, object: NodeIndex) {
        self.scratch.clear();
        let properties = heap.nodes.edges(object).filter(|&edge| heap.edges.kind(edge) == EdgeKind::Property);
        self.scratch.extend(properties.map(|edge| StringIndex(heap.edges.raw_label(edge))));
        let shape = self.properties.find_or_add(&self.scratch, content_hash(&self.scratch), |a, b| a == b);
        if shape as usize == self.counts.len() {
            self.counts.push(0);
        }
        self.counts[shape as usize] += 1;
        self.objects.push((object, shape));
    }

    /// Every plain object in file order, with the number of its shape.
    pub fn objects(&self) -> &[(NodeIndex, u32)] {
        &self.objects
    }

    /// How many objects have each shape, in the order of the shapes' first objects.
    pub fn counts(&self) -> &[u64] {
        &self.counts
    }

    /// A shape's properties.
    pub fn properties(&self, shape: usize) -> &[StringIndex] {
        self.properties.of(shape)
    }
}

/// Different sequences of strings, numbered.
#[derive(Default)]
pub(super) struct Sequences {
    /// All, one after the other.
    strings: Vec<StringIndex>,
    /// Where each ends.
    ends: Vec<usize>,
    by_content: ContentTable,
}

impl Sequences {
    fn of(&self, number: usize) -> &[StringIndex] {
        slice(&self.strings, &self.ends, number)
    }

    /// The number of this sequence, the next one if it is new.
    pub(super) fn find_or_add(
        &mut self,
        sequence: &[StringIndex],
        hash: u64,
        is_same: impl Fn(StringIndex, StringIndex) -> bool,
    ) -> u32 {
        let next = self.ends.len() as u32;
        let (strings, ends) = (&self.strings, &self.ends);
        let found = self.by_content.find_or_insert(hash, next, |other| {
            let other = slice(strings, ends, other as usize);
            other.len() == sequence.len() && other.iter().zip(sequence).all(|(&a, &b)| is_same(a, b))
        });
        if found == next {
            self.strings.extend_from_slice(sequence);
            self.ends.push(self.strings.len());
        }
        found
    }
}

fn slice<'a>(strings: &'a [StringIndex], ends: &[usize], number: usize) -> &'a [StringIndex] {
    let start = number.checked_sub(1).map_or(0, |before| ends[before]);
    &strings[start..ends[number]]
}
