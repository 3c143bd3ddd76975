//! A table of things that are told apart by a content kept elsewhere: 12 bytes a thing and slack, whatever the content.
//!
//! `O(1)` expected per look-up, and one comparison of contents.

use std::hash::{BuildHasher, Hash};

use rustc_hash::{FxBuildHasher, FxHashMap};

/// Numbers of things, found by the hash of their content.
#[derive(Default)]
pub(crate) struct ContentTable {
    /// A thing whose hash is taken by another content is put under the next free number.
    by_hash: FxHashMap<u64, u32>,
}

impl ContentTable {
    /// The thing with this content, if there is one; else `thing` is added. `is_same` tells whether a thing has the
    /// content that was hashed.
    pub(crate) fn find_or_insert(&mut self, mut hash: u64, thing: u32, mut is_same: impl FnMut(u32) -> bool) -> u32 {
        loop {
            let found = *self.by_hash.entry(hash).or_insert(thing);
            if found == thing || is_same(found) {
                return found;
            }
            hash = hash.wrapping_add(1);
        }
    }

    /// The thing with this content, if there is one.
    pub(crate) fn find(&self, mut hash: u64, mut is_same: impl FnMut(u32) -> bool) -> Option<u32> {
        loop {
            let found = *self.by_hash.get(&hash)?;
            if is_same(found) {
                return Some(found);
            }
            hash = hash.wrapping_add(1);
        }
    }
}

/// The hash of a content.
pub(crate) fn content_hash(content: &(impl Hash + ?Sized)) -> u64 {
    FxBuildHasher.hash_one(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_equal_hashes_apart() {
        let contents = ["a", "b", "a", "c", "b"];
        let mut table = ContentTable::default();
        let firsts: Vec<_> = (0..5)
            .map(|thing| table.find_or_insert(7, thing, |other| contents[other as usize] == contents[thing as usize]))
            .collect();
        assert_eq!(firsts, [0, 1, 0, 3, 1]);
        assert_eq!(table.find(7, |other| contents[other as usize] == "c"), Some(3));
        assert_eq!(table.find(7, |other| contents[other as usize] == "d"), None);
    }
}
