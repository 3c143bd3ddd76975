//! Sizes in bytes by node: nearly all fit in 4 bytes, the others are kept aside. `O(1)` access.

use rustc_hash::FxHashMap;

use crate::snapshot::NodeIndex;

/// A size in bytes for every node. Sums stop at the largest number instead of overflowing.
#[derive(Default)]
pub(super) struct SizeColumn {
    /// `u32::MAX` marks a size kept in `large`.
    sizes: Vec<u32>,
    large: FxHashMap<u32, u64>,
}

impl SizeColumn {
    /// The sizes of the first nodes, in order.
    pub(super) fn new(sizes: impl ExactSizeIterator<Item = u64>) -> Self {
        let mut column = Self { sizes: vec![0; sizes.len()], large: FxHashMap::default() };
        for (node, size) in sizes.enumerate() {
            column.set(NodeIndex::from(node), size);
        }
        column
    }

    /// A node's size.
    #[inline]
    pub(super) fn of(&self, node: NodeIndex) -> u64 {
        match self.sizes[node.at()] {
            u32::MAX => self.large.get(&node.0).copied().unwrap_or(u64::from(u32::MAX)),
            size => u64::from(size),
        }
    }

    /// Gives a node another size.
    #[inline]
    pub(super) fn set(&mut self, node: NodeIndex, size: u64) {
        self.sizes[node.at()] = match u32::try_from(size) {
            Ok(small) if small != u32::MAX => small,
            _ => {
                self.large.insert(node.0, size);
                u32::MAX
            }
        };
    }

    /// Adds to a node's size.
    #[inline]
    pub(super) fn add(&mut self, node: NodeIndex, more: u64) {
        self.set(node, self.of(node).saturating_add(more));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_sizes_of_any_length() {
        let edge = u64::from(u32::MAX);
        let sizes = [0, 8, edge - 1, edge, edge + 1, u64::MAX];
        let mut column = SizeColumn::new(sizes.into_iter());
        for (node, size) in sizes.into_iter().enumerate() {
            let node = NodeIndex::from(node);
            assert_eq!(column.of(node), size);
            column.add(node, 1);
            assert_eq!(column.of(node), size.saturating_add(1));
            column.set(node, 7);
            assert_eq!(column.of(node), 7);
        }
    }
}
