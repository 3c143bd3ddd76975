//! Entries of WeakMaps: which strings name the two edges that V8 writes for an entry.
//!
//! For a WeakMap's `key -> value` V8 writes an internal edge to the value from the key and one from the table, both called
//! `<n> / part of key (<key> @<id>) -> value (<value> @<id>) pair in WeakMap (table @<id>)`, with different `n`. DevTools
//! knows them by that pattern, in which the names must not hold line terminators.
//!
//! One search over the bytes of all strings, `O(bytes)`; keeps a bit a string and 12 bytes a pair name.
//! Source: V8 `src/profiler/heap-snapshot-generator.cc` (`ExtractEphemeronHashTableReferences`), DevTools `HeapSnapshot.ts`.

use std::borrow::Cow;

use memchr::memmem;
use rustc_hash::{FxHashMap, FxHashSet};

use super::bitset::Bitset;
use crate::cancel::CancelToken;
use crate::error::Result;
use crate::snapshot::{Heap, NodeId, NodeIndex, Nodes, StringIndex};

/// What the name of a WeakMap entry's edge says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WeakPair {
    /// The table's id; absent when the number is no possible id.
    pub table: Option<NodeId>,
    /// Number of the name's text without the leading digits: equal for the two edges of an entry. Below
    /// [`WeakPairs::part_count`].
    pub part: u32,
}

/// The names of WeakMap entries' edges.
#[derive(Default)]
pub struct WeakPairs {
    is_pair: Bitset,
    /// Ascending by string.
    pairs: Vec<(StringIndex, WeakPair)>,
    part_count: usize,
}

impl WeakPairs {
    /// Finds the names among the strings of `heap`.
    pub fn new(heap: &Heap, cancel: &CancelToken) -> Result<Self> {
        let strings = &heap.strings;
        let mut is_pair = Bitset::new(strings.len());
        let mut pairs = Vec::new();
        let mut parts: FxHashMap<Cow<[u8]>, u32> = FxHashMap::default();
        // Without the ` / ` before it, which other producers than V8 may write with an escaped slash.
        let finder = memmem::Finder::new(b"part of key (");
        let bytes = strings.all_bytes();
        let mut at = 0;
        // In slices that overlap by less than the needle, so that a cancellation is heard.
        while at < bytes.len() {
            cancel.check()?;
            let end = bytes.len().min(at + SLICE);
            let mut from = at;
            while let Some(found) = finder.find(&bytes[from..bytes.len().min(end + finder.needle().len() - 1)]) {
                let string = strings.at_byte(from + found);
                from += found + finder.needle().len();
                if is_pair.contains(string.at()) {
                    continue;
                }
                if let Some((part, table)) = match_name(&strings.decoded(string)) {
                    let next = parts.len() as u32;
                    let part = *parts.entry(part).or_insert(next);
                    is_pair.insert(string.at());
                    pairs.push((string, WeakPair { table, part }));
                }
            }
            at = end.max(from);
        }
        Ok(Self { is_pair, pairs, part_count: parts.len() })
    }

    /// What `name` says, if it is the name of an entry's edge. `O(1)` for all other strings.
    #[inline]
    pub fn of(&self, name: StringIndex) -> Option<WeakPair> {
        if !self.is_pair.contains(name.at()) {
            return None;
        }
        self.pairs.binary_search_by_key(&name, |pair| pair.0).ok().map(|at| self.pairs[at].1)
    }

    /// How many different entries there are, by text.
    pub fn part_count(&self) -> usize {
        self.part_count
    }

    /// The nodes that have a table's id, ascending: the only ones with edges of rule 1 of `essential`. `O(nodes)`.
    pub fn tables(&self, nodes: &Nodes) -> Vec<NodeIndex> {
        let ids: FxHashSet<u32> = self.pairs.iter().filter_map(|pair| pair.1.table).map(|id| id.0).collect();
        if ids.is_empty() {
            return Vec::new();
        }
        // Nearly every node fails this test, which stays in the cache.
        let mut hashes = Bitset::new(1 << 16);
        let hash = |id: u32| (id.wrapping_mul(0x9e37_79b9) >> 16) as usize;
        for &id in &ids {
            hashes.insert(hash(id));
        }
        let is_table = |id: u32| hashes.contains(hash(id)) && ids.contains(&id);
        nodes.ids().iter().enumerate().filter(|&(_, &id)| is_table(id)).map(|(at, _)| NodeIndex::from(at)).collect()
    }
}

/// How many bytes are searched between two looks at the cancel token.
const SLICE: usize = 1 << 24;

/// The text without the leading digits, and the table, if `name` is the name of an entry's edge.
fn match_name<'a>(name: &Cow<'a, [u8]>) -> Option<(Cow<'a, [u8]>, Option<NodeId>)> {
    let digits = name.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if digits == 0 {
        return None;
    }
    let middle = name[digits..].strip_prefix(b" / part of key (")?;
    let (middle, table) = split_id(middle.strip_suffix(b")")?)?;
    let middle = middle.strip_suffix(b") pair in WeakMap (table")?;
    if has_line_terminator(middle) {
        return None;
    }
    let arrow = b") -> value (";
    let is_entry = memmem::find_iter(middle, arrow)
        .any(|at| split_id(&middle[..at]).is_some() && split_id(&middle[at + arrow.len()..]).is_some());
    if !is_entry {
        return None;
    }
    let part = match name {
        Cow::Borrowed(name) => Cow::Borrowed(&name[digits..]),
        Cow::Owned(name) => Cow::Owned(name[digits..].to_vec()),
    };
    Some((part, table))
}

/// `text @123` as the text and the id, if the number can be one.
fn split_id(text: &[u8]) -> Option<(&[u8], Option<NodeId>)> {
    let digits = text.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let (text, number) = text.split_at(text.len() - digits);
    if digits == 0 {
        return None;
    }
    let id = number.iter().try_fold(0u32, |id, digit| id.checked_mul(10)?.checked_add(u32::from(digit - b'0')));
    Some((text.strip_suffix(b" @")?, id.map(NodeId)))
}

/// Whether the WTF-8 text holds what `.` does not match in JavaScript's regular expressions.
fn has_line_terminator(text: &[u8]) -> bool {
    memchr::memchr2(b'\n', b'\r', text).is_some()
        || memmem::find(text, "\u{2028}".as_bytes()).is_some()
        || memmem::find(text, "\u{2029}".as_bytes()).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::Strings;

    /// Whose table the name says, as text; "-" when it is an ordinary name.
    fn table(raw: &str) -> String {
        let mut strings = Strings::default();
        strings.push(raw.as_bytes());
        match match_name(&strings.decoded(StringIndex(0))) {
            Some((_, Some(table))) => table.to_string(),
            Some((_, None)) => "none".to_owned(),
            None => "-".to_owned(),
        }
    }

    #[test]
    fn matches_what_devtools_matches() {
        let cases = [
            ("3 / part of key (K @1) -> value (V @3) pair in WeakMap (table @5)", "@5"),
            ("3 / part of key ( @1) -> value ( @3) pair in WeakMap (table @005)", "@5"),
            ("3 / part of key (x @3) -> value (y @1) -> value (V @3) pair in WeakMap (table @5)", "@5"),
            ("3 / part of key (K) -> value (@1) -> value (V @3) pair in WeakMap (table @5)", "-"),
            ("3 / part of key (K @1) -> value (V @3) pair in WeakMap (table @4294967295)", "@4294967295"),
            ("3 / part of key (K @1) -> value (V @3) pair in WeakMap (table @4294967296)", "none"),
            (r"3 \/ part of key (K @1) -> value (\u00E9 @3) pair in WeakMap (table @5)", "@5"),
            (r"3 / part of key (\t @1) -> value (\uD800 @3) pair in WeakMap (table @5)", "@5"),
            (r"3 / part of key (a\nb @1) -> value (V @3) pair in WeakMap (table @5)", "-"),
            (r"3 / part of key (a\rb @1) -> value (V @3) pair in WeakMap (table @5)", "-"),
            (r"3 / part of key (K @1) -> value (\u2028 @3) pair in WeakMap (table @5)", "-"),
            ("3 / part of key (K @1) -> value (\u{2029} @3) pair in WeakMap (table @5)", "-"),
            ("3 / part of key (%s @%u) -> value (%s @%u) pair in WeakMap (table @%u)", "-"),
            (" / part of key (K @1) -> value (V @3) pair in WeakMap (table @5)", "-"),
            ("3 / part of key (K @1) -> value (V @3) pair in WeakMap (table @5) ", "-"),
            (r"3 / part of key (K @1) -> value (V @3) pair in WeakMap (table @5)\n", "-"),
            ("3 / part of key (K @1) -> value (V @) pair in WeakMap (table @5)", "-"),
            ("3 / part of key (K @1) -> value (V@3) pair in WeakMap (table @5)", "-"),
            ("x3 / part of key (K @1) -> value (V @3) pair in WeakMap (table @5)", "-"),
        ];
        for (raw, expected) in cases {
            assert_eq!(table(raw), expected, "{raw}");
        }
    }

    #[test]
    fn pairs_by_text() {
        let mut drawn = crate::snapshot! { root -> table(1); root -> key(1) -> other(1); root -> value(1) };
        let (table, key, other, value) = (drawn.at("table"), drawn.at("key"), drawn.at("other"), drawn.at("value"));
        drawn.property(table, "1", key);
        drawn.weak_pair(table, key, value).weak_pair(table, other, value);
        let heap = drawn.heap();
        let pairs = WeakPairs::new(&heap, &CancelToken::new()).unwrap();
        let parts = |node| -> Vec<_> {
            let names = heap.nodes.edges(node).filter_map(|edge| heap.edges.name(edge));
            names.filter_map(|name| pairs.of(name)).map(|pair| pair.part).collect()
        };
        assert_eq!(parts(key), [0]);
        assert_eq!(parts(other), [1]);
        assert_eq!(parts(table), [0, 1]);
        assert_eq!(pairs.part_count(), 2);
        assert_eq!(pairs.tables(&heap.nodes), [table]);
    }
}
