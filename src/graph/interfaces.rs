//! Interfaces: plain objects (`{…}`) told apart by their properties, so that they do not all land in one class `Object`.
//!
//! All is done once per shape ([`super::shapes`]).
//! 1. [`Interfaces::infer`]: the leading properties of a shape, up to a name of 120 UTF-16 units, are a candidate; those
//!    that many objects start with become the interfaces, at most 1,000. `O(shapes)`.
//! 2. [`Interfaces::matches`]: of the interfaces whose properties the shape has (as often), the one with most properties,
//!    of equals the more frequent. `O(shapes)`, and `O(interfaces)` for each different set of known properties.
//!
//! Source: DevTools `HeapSnapshot.ts` (`inferInterfaceDefinitions`, `applyInterfaceDefinitions`).

use std::cmp::Reverse;
use std::fmt::Write;

use rustc_hash::FxHashMap;

use super::content_table::{ContentTable, content_hash};
use super::shapes::{Sequences, Shapes};
use crate::cancel::CancelToken;
use crate::error::Result;
use crate::snapshot::{Heap, StringIndex, Text};

/// The longest name that an interface of more than one property may have, in UTF-16 units, without its closing brace.
const MAX_NAME_LENGTH: usize = 120;
/// The fewest objects that make an interface.
const MIN_COUNT: u64 = 2;
/// An interface has at least one of this many plain objects.
const MIN_PROPORTION: u64 = 1000;
/// How many sets of properties are remembered with their interface; bounds the memory on heaps of dictionaries.
const MAX_REMEMBERED: usize = 1 << 16;
/// Names of more bytes than this are looked at once only.
const LONG_NAME: usize = 64;

/// One interface.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Interface {
    /// `{a, b}`: the properties, quoted where they hold commas, quotes or braces.
    pub name: Text,
    /// The properties' names, in the order of the first object seen.
    pub properties: Vec<Text>,
}

/// The interfaces of a snapshot, the most frequent first.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Interfaces(Vec<Interface>);

impl Interfaces {
    /// Finds the interfaces that the plain objects suggest.
    pub fn infer(heap: &Heap, shapes: &Shapes, cancel: &CancelToken) -> Result<Self> {
        // The strings table may hold a text twice.
        let is_same = |a, b| a == b || heap.strings.decoded(a) == heap.strings.decoded(b);
        let mut shown = Sequences::default();
        // Per candidate: the first shape, and how many objects.
        let mut candidates: Vec<(usize, u64)> = Vec::new();
        let mut prefix = Prefix::default();
        for (shape, &count) in shapes.counts().iter().enumerate() {
            if shape.is_multiple_of(CancelToken::STRIDE / 64) {
                cancel.check()?;
            }
            prefix.take(heap, shapes.properties(shape));
            if prefix.names.is_empty() {
                continue;
            }
            // Empty names that lead do not show in an interface's name.
            let visible = &prefix.names[prefix.names.len() - prefix.hashes.len()..];
            let found = shown.find_or_add(visible, content_hash(&prefix.hashes), is_same);
            match candidates.get_mut(found as usize) {
                Some((_, sum)) => *sum += count,
                None => candidates.push((shape, count)),
            }
        }
        let object_count = shapes.objects().len() as u64;
        candidates.retain(|&(_, count)| count >= MIN_COUNT && count * MIN_PROPORTION >= object_count);
        candidates.sort_by_key(|&(_, count)| Reverse(count));
        let interface = |&(shape, _): &(usize, u64)| {
            prefix.take(heap, shapes.properties(shape));
            let properties: Vec<_> = prefix.names.iter().map(|&name| heap.strings.text(name)).collect();
            Interface { name: interface_name(&properties), properties }
        };
        Ok(Self(candidates.iter().map(interface).collect()))
    }

    /// The interface of each shape, by position, if one matches.
    pub fn matches(&self, heap: &Heap, shapes: &Shapes, cancel: &CancelToken) -> Result<Vec<Option<u32>>> {
        let matcher = Matcher::new(self);
        let mut long_ranks: FxHashMap<StringIndex, Option<u32>> = FxHashMap::default();
        let mut known_matches: FxHashMap<Box<[u32]>, Option<u32>> = FxHashMap::default();
        let mut known = Vec::new();
        let mut matches = Vec::with_capacity(shapes.counts().len());
        for shape in 0..shapes.counts().len() {
            if shape.is_multiple_of(CancelToken::STRIDE / 64) {
                cancel.check()?;
            }
            known.clear();
            known.extend(shapes.properties(shape).iter().filter_map(|&name| {
                let rank = || matcher.rank(&heap.strings.decoded(name));
                if is_long(heap, name) { *long_ranks.entry(name).or_insert_with(rank) } else { rank() }
            }));
            known.sort_unstable();
            matches.push(match known_matches.get(&known[..]) {
                Some(&found) => found,
                None => {
                    let found = matcher.best(&known);
                    if known_matches.len() < MAX_REMEMBERED {
                        known_matches.insert(known[..].into(), found);
                    }
                    found
                }
            });
        }
        Ok(matches)
    }

    /// All, the most frequent first.
    pub fn all(&self) -> &[Interface] {
        &self.0
    }
}

/// Whether what is known of the name is better remembered than found out again.
fn is_long(heap: &Heap, name: StringIndex) -> bool {
    heap.strings.raw(name).len() > LONG_NAME
}

/// The leading properties of a shape that fit into an interface's name.
#[derive(Default)]
struct Prefix {
    names: Vec<StringIndex>,
    /// Of the names' texts, but for empty ones that lead.
    hashes: Vec<u64>,
    /// Facts of long names.
    long: FxHashMap<StringIndex, NameFacts>,
}

/// What an interface's name depends on.
#[derive(Clone, Copy)]
struct NameFacts {
    hash: u64,
    /// In an interface's name, in UTF-16 units.
    shown_length: usize,
}

impl NameFacts {
    fn new(heap: &Heap, name: StringIndex) -> Self {
        let text = heap.strings.decoded(name);
        let shown_length =
            if is_plain_ascii(&text) { text.len() } else { shown_property(&heap.strings.text(name)).utf16_len() };
        Self { hash: content_hash(&*text), shown_length }
    }
}

impl Prefix {
    fn take(&mut self, heap: &Heap, properties: &[StringIndex]) {
        self.names.clear();
        self.hashes.clear();
        // The opening brace.
        let mut length = 1;
        for &name in properties {
            let facts = if is_long(heap, name) {
                *self.long.entry(name).or_insert_with(|| NameFacts::new(heap, name))
            } else if heap.strings.is(name, "__proto__") {
                continue;
            } else {
                NameFacts::new(heap, name)
            };
            if length > 1 && length + facts.shown_length > MAX_NAME_LENGTH {
                break;
            }
            length += facts.shown_length + if length == 1 { 0 } else { ", ".len() };
            self.names.push(name);
            if length > 1 {
                self.hashes.push(facts.hash);
            }
        }
    }
}

/// `{a, b}`.
fn interface_name(properties: &[Text]) -> Text {
    let (separator, open, close) = (Text::from(", "), Text::from("{"), Text::from("}"));
    let shown: Vec<_> = properties.iter().map(shown_property).collect();
    let mut parts = vec![&open];
    for property in &shown {
        // Nothing separates empty names that lead.
        if parts.len() > 1 {
            parts.push(&separator);
        }
        if parts.len() > 1 || *property != "" {
            parts.push(property);
        }
    }
    parts.push(&close);
    Text::concat(&parts)
}

/// Whether a name with this byte is quoted.
fn is_special(byte: &u8) -> bool {
    matches!(byte, b',' | b'\'' | b'"' | b'{' | b'}')
}

/// Whether a name is shown as it is, with one UTF-16 unit a byte.
fn is_plain_ascii(name: &[u8]) -> bool {
    name.iter().all(|byte| byte.is_ascii() && !is_special(byte))
}

/// A property's name as interfaces show it: as a JSON string when it holds commas, quotes or braces.
pub fn shown_property(name: &Text) -> Text {
    if !name.as_bytes().iter().any(is_special) {
        return name.clone();
    }
    let mut json = String::from("\"");
    for unit in char::decode_utf16(name.utf16()) {
        // Writing to a string cannot fail.
        let _ = match unit {
            Ok('"') => write!(json, "\\\""),
            Ok('\\') => write!(json, "\\\\"),
            Ok('\u{8}') => write!(json, "\\b"),
            Ok('\u{c}') => write!(json, "\\f"),
            Ok('\n') => write!(json, "\\n"),
            Ok('\r') => write!(json, "\\r"),
            Ok('\t') => write!(json, "\\t"),
            Ok(control) if control < ' ' => write!(json, "\\u{:04x}", control as u32),
            Ok(other) => write!(json, "{other}"),
            Err(lone) => write!(json, "\\u{:04x}", lone.unpaired_surrogate()),
        };
    }
    json.push('"');
    Text::from(json)
}

/// Finds the interface of a set of properties.
struct Matcher {
    /// Every property of any interface.
    properties: Vec<Text>,
    /// Its position there, by text.
    ranks: ContentTable,
    /// The best first: most properties, then most frequent.
    patterns: Vec<Pattern>,
}

/// An interface as a sorted multiset.
struct Pattern {
    interface: u32,
    ranks: Vec<u32>,
    summary: u64,
}

/// A summary with one bit per rank, modulo 64: what has no bit is not in.
fn summary(ranks: &[u32]) -> u64 {
    ranks.iter().fold(0, |bits, rank| bits | 1 << (rank % 64))
}

impl Matcher {
    fn new(interfaces: &Interfaces) -> Self {
        let mut properties: Vec<Text> = Vec::new();
        let mut all_ranks = ContentTable::default();
        let mut patterns = Vec::with_capacity(interfaces.0.len());
        for (at, interface) in interfaces.0.iter().enumerate() {
            let mut ranks = Vec::with_capacity(interface.properties.len());
            for property in &interface.properties {
                let next = properties.len() as u32;
                let rank = all_ranks.find_or_insert(content_hash(property.as_bytes()), next, |other| {
                    properties[other as usize] == *property
                });
                if rank == next {
                    properties.push(property.clone());
                }
                ranks.push(rank);
            }
            ranks.sort_unstable();
            patterns.push(Pattern { interface: at as u32, summary: summary(&ranks), ranks });
        }
        patterns.sort_by_key(|pattern| Reverse(pattern.ranks.len()));
        Self { properties, ranks: all_ranks, patterns }
    }

    /// The number of a property, if any interface has it.
    fn rank(&self, name: &[u8]) -> Option<u32> {
        self.ranks.find(content_hash(name), |other| self.properties[other as usize].as_bytes() == name)
    }

    /// The best interface contained in the sorted multiset.
    fn best(&self, known: &[u32]) -> Option<u32> {
        let missing = !summary(known);
        let found = self.patterns.iter().find(|pattern| {
            pattern.summary & missing == 0 && pattern.ranks.len() <= known.len() && contains_all(known, &pattern.ranks)
        });
        found.map(|pattern| pattern.interface)
    }
}

/// Whether one sorted multiset holds another.
fn contains_all(known: &[u32], wanted: &[u32]) -> bool {
    let mut known = known.iter();
    wanted.iter().all(|wanted| known.by_ref().find(|&rank| rank >= wanted) == Some(wanted))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::NodeIndex;
    use crate::testing::builder::Builder;

    /// Each object's properties, separated by spaces, and the interface that it gets.
    fn check(objects: &[(&str, &str)]) {
        let mut builder = Builder::new();
        let value = builder.object("v", 8);
        for (properties, _) in objects {
            let object = builder.object("Object", 8);
            for property in properties.split(' ').filter(|property| !property.is_empty()) {
                // A tilde stands for the empty name.
                builder.property(object, property.trim_matches('~'), value);
            }
        }
        let heap = builder.heap();
        let cancel = CancelToken::new();
        let mut shapes = Shapes::default();
        for object in (2..heap.nodes.len()).map(NodeIndex::from) {
            shapes.add(&heap, object);
        }
        let interfaces = Interfaces::infer(&heap, &shapes, &cancel).unwrap();
        let matches = interfaces.matches(&heap, &shapes, &cancel).unwrap();
        for (&(_, shape), (properties, expected)) in shapes.objects().iter().zip(objects) {
            let name = matches[shape as usize].map(|at| interfaces.all()[at as usize].name.to_string());
            assert_eq!(name.as_deref().unwrap_or("-"), *expected, "{properties}");
        }
    }

    #[test]
    fn two_objects_make_an_interface() {
        check(&[("a b", "{a, b}"), ("a b", "{a, b}"), ("c", "-"), ("", "-")]);
    }

    #[test]
    fn most_properties_win_then_the_more_frequent() {
        check(&[("a", "{a}"), ("a", "{a}"), ("a b", "{a, b}"), ("a b", "{a, b}"), ("c a b", "{a, b}")]);
        check(&[("a x", "{a, x}"), ("a x", "{a, x}"), ("b x", "{b, x}"), ("b x", "{b, x}"), ("b a x", "{a, x}")]);
        check(&[("b a", "{b, a}"), ("b a", "{b, a}"), ("b a", "{b, a}"), ("a b", "{b, a}"), ("a b", "{b, a}")]);
    }

    #[test]
    fn a_property_counts_as_often_as_it_is_there() {
        check(&[("a a", "{a, a}"), ("a a", "{a, a}"), ("a", "-"), ("a b a", "{a, a}")]);
    }

    #[test]
    fn the_prototype_is_no_part_of_the_name() {
        check(&[("__proto__ a", "{a}"), ("a __proto__", "{a}"), ("__proto__", "-"), ("__proto__", "-")]);
    }

    #[test]
    fn strange_names_are_quoted() {
        check(&[("a,b", r#"{"a,b"}"#), ("a,b", r#"{"a,b"}"#)]);
        check(&[("q\"q", r#"{"q\"q"}"#), ("q\"q", r#"{"q\"q"}"#)]);
        check(&[("it's\u{7}\n", r#"{"it's\u0007\n"}"#), ("it's\u{7}\n", r#"{"it's\u0007\n"}"#)]);
        check(&[("\u{7}\n", "{\u{7}\n}"), ("\u{7}\n", "{\u{7}\n}")]);
    }

    #[test]
    fn empty_names_show_only_behind_others() {
        check(&[("a", "{a}"), ("~ a", "{a}")]);
        check(&[("~ a", "{a}"), ("a", "-")]);
        check(&[("a ~", "{a, }"), ("a ~", "{a, }")]);
        check(&[("~", "{}"), ("~ ~", "{}")]);
    }

    #[test]
    fn names_end_at_120_units() {
        let (long, fits) = ("x".repeat(120), "y".repeat(117));
        check(&[(&format!("{long} a"), &format!("{{{long}}}")), (&format!("{long} b"), &format!("{{{long}}}"))]);
        let name = format!("{{a, {fits}}}");
        check(&[(&format!("a {fits} b"), &name), (&format!("a {fits} c"), &name)]);
        // Units, not bytes, and not code points.
        let accents = "é".repeat(117);
        let name = format!("{{a, {accents}}}");
        check(&[(&format!("a {accents} b"), &name), (&format!("a {accents} c"), &name)]);
    }
}
