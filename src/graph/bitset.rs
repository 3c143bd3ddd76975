//! A set of small numbers: one bit each. `O(1)` per operation, `largest / 8` bytes.

/// A set of numbers below a bound that is fixed when it is made.
#[derive(Clone, Debug, Default)]
pub struct Bitset(Vec<u64>);

impl Bitset {
    /// An empty set for numbers below `bound`.
    pub fn new(bound: usize) -> Self {
        Self(vec![0; bound.div_ceil(64)])
    }

    /// Whether `number` is in the set.
    #[inline]
    pub fn contains(&self, number: usize) -> bool {
        self.0[number / 64] >> (number % 64) & 1 != 0
    }

    /// Adds `number`; whether it is new.
    #[inline]
    pub fn insert(&mut self, number: usize) -> bool {
        let word = &mut self.0[number / 64];
        let bit = 1 << (number % 64);
        let is_new = *word & bit == 0;
        *word |= bit;
        is_new
    }

    /// Adds `number` if it is not in the set, else takes it out; whether it is in the set now.
    #[inline]
    pub fn toggle(&mut self, number: usize) -> bool {
        let word = &mut self.0[number / 64];
        *word ^= 1 << (number % 64);
        *word >> (number % 64) & 1 != 0
    }
}
