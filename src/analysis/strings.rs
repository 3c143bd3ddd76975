//! Duplicate strings: texts that more than one string object holds.
//!
//! Strings and concatenated strings with bytes of their own count, but not concatenated ones that V8 has flattened already
//! (one half is empty). V8 cuts long strings in snapshots, so that different strings may look equal; where it tells the
//! full length and hash (V8 15), these must be equal too.
//!
//! `O(nodes + text of the different strings)`; some 60 bytes a different string while it runs.
//! Source: DevTools `HeapSnapshot.ts` (`createDuplicatedStringsFilter`, `getDuplicateStrings`).

use std::cmp::Reverse;

use rustc_hash::FxHashMap;
use serde::Serialize;

use super::display::{Names, raw_name};
use crate::cancel::CancelToken;
use crate::error::Result;
use crate::graph::bitset::Bitset;
use crate::graph::{ContentTable, Snapshot, content_hash};
use crate::snapshot::{EdgeKind, NodeId, NodeIndex, NodeKind, StringIndex, Text};

/// One text that several strings hold.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DuplicateString {
    /// The text, as far as the snapshot has it.
    pub value: Text,
    /// How many strings hold it.
    pub count: u64,
    /// Their own bytes.
    pub shallow_size: u64,
    /// Bytes that could be saved: all but the largest of the strings.
    pub wasted_size: u64,
    /// Sum of what each keeps alive.
    pub retained_size: u64,
    /// Full length in UTF-16 units, where the snapshot has only a part of the text and tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub full_length: Option<i64>,
    /// The first strings of this text, at most [`DuplicateString::MAX_IDS`].
    pub ids: Vec<NodeId>,
}

impl DuplicateString {
    /// How many of the strings are named.
    pub const MAX_IDS: usize = 10;
}

/// What V8 tells of a string that it cut: length and hash, each where it does.
pub(crate) type Cut = (Option<i64>, Option<i64>);

/// Strings of one text.
struct Group {
    cut: Option<Cut>,
    count: u64,
    shallow_size: u64,
    largest: u64,
    retained_size: u64,
    first: Vec<NodeIndex>,
}

/// The texts held more than once, those that retain most first, at most `limit`.
pub fn duplicate_strings(snapshot: &Snapshot, limit: usize, cancel: &CancelToken) -> Result<Vec<DuplicateString>> {
    let Snapshot { heap, graph } = snapshot;
    let mut groups: Vec<Group> = Vec::new();
    for_each_string(snapshot, cancel, |node, group, cut| {
        if group == groups.len() {
            let first = Vec::with_capacity(1);
            groups.push(Group { cut, count: 0, shallow_size: 0, largest: 0, retained_size: 0, first });
        }
        let group = &mut groups[group];
        let shallow_size = graph.sizes.shallow_size(node);
        group.count += 1;
        group.shallow_size = group.shallow_size.saturating_add(shallow_size);
        group.largest = group.largest.max(shallow_size);
        group.retained_size = group.retained_size.saturating_add(graph.dominators.retained_size(node));
        if group.first.len() < DuplicateString::MAX_IDS {
            group.first.push(node);
        }
    })?;
    groups.retain(|group| group.count > 1);
    groups.sort_by_key(|group| Reverse(group.retained_size));
    groups.truncate(limit);
    let mut names = Names::new(snapshot);
    let mut answer = |group: Group| DuplicateString {
        value: names.name(group.first[0]),
        count: group.count,
        shallow_size: group.shallow_size,
        wasted_size: group.shallow_size - group.largest,
        retained_size: group.retained_size,
        full_length: group.cut.and_then(|(length, _)| length),
        ids: group.first.iter().map(|&node| heap.nodes.id(node)).collect(),
    };
    Ok(groups.into_iter().map(&mut answer).collect())
}

/// The strings whose text another one has too: DevTools' filter "Duplicated strings".
pub fn duplicated(snapshot: &Snapshot, cancel: &CancelToken) -> Result<Bitset> {
    let mut found = Bitset::new(snapshot.heap.nodes.len());
    let mut firsts: Vec<NodeIndex> = Vec::new();
    for_each_string(snapshot, cancel, |node, group, _| match firsts.get(group) {
        None => firsts.push(node),
        Some(first) => {
            found.insert(first.at());
            found.insert(node.at());
        }
    })?;
    Ok(found)
}

/// Tells `visit` every string, with the number of its group and what V8 says if it cut the string. Strings of one text are
/// one group; a new group has the next number.
fn for_each_string(
    snapshot: &Snapshot,
    cancel: &CancelToken,
    mut visit: impl FnMut(NodeIndex, usize, Option<Cut>),
) -> Result<()> {
    let Snapshot { heap, graph } = snapshot;
    let mut names = Names::new(snapshot);
    let mut groups: Vec<(Option<Cut>, NodeIndex)> = Vec::new();
    let mut by_text = ContentTable::default();
    // Most strings of equal text have the same string of the file as their name.
    let mut by_name: FxHashMap<StringIndex, u32> = FxHashMap::default();
    for (at, node) in heap.nodes.indices().enumerate() {
        if at.is_multiple_of(CancelToken::STRIDE / 16) {
            cancel.check()?;
        }
        let kind = heap.nodes.kind(node);
        if !matches!(kind, NodeKind::STRING | NodeKind::CONCATENATED_STRING)
            || graph.sizes.shallow_size(node) == 0
            || (kind == NodeKind::CONCATENATED_STRING && is_flat(snapshot, &mut names, node))
        {
            continue;
        }
        let cut = cut_of(snapshot, node);
        let known_by_name = kind == NodeKind::STRING && cut.is_none();
        let group = match by_name.get(&heap.nodes.name(node)) {
            Some(&group) if known_by_name => group,
            _ => {
                let text = names.name(node);
                let next = groups.len() as u32;
                let group = by_text.find_or_insert(content_hash(&(cut, &text)), next, |other| {
                    let (other_cut, first) = groups[other as usize];
                    other_cut == cut && names.name(first) == text
                });
                if group == next {
                    groups.push((cut, node));
                }
                if known_by_name {
                    by_name.insert(heap.nodes.name(node), group);
                }
                group
            }
        };
        visit(node, group as usize, cut);
    }
    Ok(())
}

/// Whether one half of a concatenated string is empty.
fn is_flat(snapshot: &Snapshot, names: &mut Names<'_>, node: NodeIndex) -> bool {
    let heap = &snapshot.heap;
    heap.nodes.edges(node).any(|edge| {
        heap.edges.kind(edge) == EdgeKind::Internal
            && (heap.edge_is_named(edge, "first") || heap.edge_is_named(edge, "second"))
            && names.name(heap.edges.target(edge)) == ""
    })
}

/// What V8 tells of a string that it cut; `None` for whole ones.
pub(crate) fn cut_of(snapshot: &Snapshot, node: NodeIndex) -> Option<Cut> {
    let value = |field: &str, kind: &str| {
        let heap = &snapshot.heap;
        let number = heap.follow(node, EdgeKind::Internal, field)?;
        let is_such = heap.nodes.kind(number) == NodeKind::NUMBER && heap.node_is_named(number, kind);
        let value = heap.follow(number, EdgeKind::Internal, "value").filter(|_| is_such)?;
        Some(raw_name(snapshot, value))
    };
    if value("truncated", "bool")? != "true" {
        return None;
    }
    let number = |field| value(field, "int").and_then(|text| text.to_str().parse().ok());
    Some((number("length"), number("hash")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::Progress;
    use crate::testing::builder::Builder;

    fn shown(builder: &Builder, limit: usize) -> Vec<String> {
        let snapshot = Snapshot::new(builder.heap(), 1, &CancelToken::new(), &Progress::none()).unwrap();
        let duplicates = duplicate_strings(&snapshot, limit, &CancelToken::new()).unwrap();
        let row = |row: DuplicateString| {
            let length = row.full_length.map(|length| format!(" of {length}")).unwrap_or_default();
            let ids: Vec<_> = row.ids.iter().map(ToString::to_string).collect();
            format!("{}{length} x{} {}-{} {}", row.value, row.count, row.shallow_size, row.wasted_size, ids.join(" "))
        };
        duplicates.into_iter().map(row).collect()
    }

    #[test]
    fn finds_equal_texts() {
        let drawn = crate::snapshot! {
            root -> A="twice":string(20); root -> B="twice":string(24);
            root -> C="once":string(1_000); root -> D="twice":string(0); root -> E="twice"(8);
            root -> F="joined":string(8);
            root -> G:"concatenated string"(32) -internal("first")-> join:string(8); ed:string(8); none="":string(8);
            root -> H:"concatenated string"(32) -internal("first")-> A
        };
        let mut drawn = drawn;
        let [g, h, ed, none] = ["G", "H", "ed", "none"].map(|key| drawn.at(key));
        drawn.edge(g, EdgeKind::Internal, "second", ed).edge(h, EdgeKind::Internal, "second", none);
        let id = |key: &str| drawn.id_of(drawn.at(key));
        let twice = format!("twice x2 44-20 {} {}", id("A"), id("B"));
        let joined = format!("joined x2 40-8 {} {}", id("F"), id("G"));
        assert_eq!(shown(&drawn, 10), [joined.clone(), twice]);
        assert_eq!(shown(&drawn, 1), [joined]);
    }

    #[test]
    fn cut_strings_are_equal_when_length_and_hash_are() {
        let mut builder = Builder::new();
        let yes = builder.node(NodeKind::STRING, "true", 0);
        let truncated = builder.node(NodeKind::NUMBER, "bool", 0);
        builder.edge(truncated, EdgeKind::Internal, "value", yes);
        for (length, hash) in [(2000, 1), (2000, 2), (3000, 1), (2000, 1)] {
            let string = builder.node(NodeKind::STRING, "start", 16);
            builder.edge(string, EdgeKind::Internal, "truncated", truncated);
            for (field, number) in [("length", length), ("hash", hash)] {
                let text = builder.node(NodeKind::STRING, &number.to_string(), 0);
                let value = builder.node(NodeKind::NUMBER, "int", 0);
                builder.edge(value, EdgeKind::Internal, "value", text).edge(string, EdgeKind::Internal, field, value);
            }
        }
        let whole = builder.node(NodeKind::STRING, "start", 16);
        builder.element(NodeIndex::ROOT, 1, whole);
        assert_eq!(shown(&builder, 10), ["start of 2000 x2 32-16 @7 @37"]);
    }
}
