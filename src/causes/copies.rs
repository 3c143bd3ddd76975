//! Strings that are copies of one another.
//!
//! V8 writes equal texts once into a snapshot, so strings with the same name have the same text; which it cuts at 1024
//! characters. Of longer ones Node 26 tells length and hash; up to Node 24 those of the same size count as copies too, and
//! [`Waste::is_sure`] says that nobody knows.
//! `O(n)`, and 4 bytes a string of the file while it runs.

use rustc_hash::{FxHashMap, FxHashSet};

use super::gathering::Thing;
use crate::analysis::strings::{self, Cut};
use crate::cancel::CancelToken;
use crate::error::Result;
use crate::graph::Snapshot;
use crate::graph::bitset::Bitset;
use crate::snapshot::{NodeIndex, NodeKind, StringIndex};

/// V8 cuts names at so many UTF-16 units; each is a byte at least.
const CUT_AT: usize = 1024;

/// What tells texts apart.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct TextKey {
    name: StringIndex,
    /// For texts that V8 cut: the size of the string, and what else is told of it.
    cut: Option<(u64, Option<Cut>)>,
}

/// The strings of texts that at least `least` strings have, in file order.
pub(super) fn copies(snapshot: &Snapshot, least: u32, cancel: &CancelToken) -> Result<Vec<Thing>> {
    let Snapshot { heap, graph } = snapshot;
    let mut counts = vec![0u32; heap.strings.len()];
    let is_own = |node: NodeIndex| heap.nodes.kind(node) == NodeKind::STRING && graph.sizes.shallow_size(node) > 0;
    for node in heap.nodes.indices() {
        if node.at().is_multiple_of(CancelToken::STRIDE) {
            cancel.check()?;
        }
        if is_own(node) {
            counts[heap.nodes.name(node).at()] += 1;
        }
    }
    // Texts that V8 cut are few, and told apart only where their beginnings are equal.
    let mut cut: FxHashMap<TextKey, u32> = FxHashMap::default();
    let mut things = Vec::new();
    for node in heap.nodes.indices() {
        if node.at().is_multiple_of(CancelToken::STRIDE) {
            cancel.check()?;
        }
        if is_own(node) && counts[heap.nodes.name(node).at()] >= least {
            let key = key(snapshot, node);
            if key.cut.is_some() {
                *cut.entry(key).or_default() += 1;
            }
            things.push(Thing { node, bytes: graph.sizes.shallow_size(node) });
        }
    }
    if !cut.is_empty() {
        things.retain(|thing| cut.get(&key(snapshot, thing.node)).is_none_or(|&count| count >= least));
    }
    Ok(things)
}

/// The strings of another snapshot that have one of the texts, in file order.
pub(super) fn same_texts(
    snapshot: &Snapshot,
    strings: &[Thing],
    other: &Snapshot,
    cancel: &CancelToken,
) -> Result<Vec<Thing>> {
    let names: FxHashSet<StringIndex> = strings.iter().map(|string| snapshot.heap.nodes.name(string.node)).collect();
    let texts: FxHashSet<&[u8]> = names.into_iter().map(|name| snapshot.heap.strings.raw(name)).collect();
    let Snapshot { heap, graph } = other;
    let mut is_text = Bitset::new(heap.strings.len());
    for name in heap.strings.indices().filter(|&name| texts.contains(heap.strings.raw(name))) {
        is_text.insert(name.at());
    }
    let mut same = Vec::new();
    for node in heap.nodes.indices() {
        if node.at().is_multiple_of(CancelToken::STRIDE) {
            cancel.check()?;
        }
        if heap.nodes.kind(node) == NodeKind::STRING && is_text.contains(heap.nodes.name(node).at()) {
            same.push(Thing { node, bytes: graph.sizes.shallow_size(node) });
        }
    }
    same.retain(|string| string.bytes > 0);
    Ok(same)
}

/// How many texts strings have, and bytes that could be saved if each were there once.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Waste {
    pub(super) texts: u64,
    pub(super) bytes: u64,
    /// A string of the text that wastes most.
    pub(super) most: NodeIndex,
    /// Whether the texts are known to be equal.
    pub(super) is_sure: bool,
}

/// What could be saved of the strings; `None` if there are none.
pub(super) fn waste(snapshot: &Snapshot, things: &[Thing]) -> Option<Waste> {
    /// Bytes of a text's strings together, of the largest, and the first of them.
    struct Of(u64, u64, NodeIndex);
    let mut texts: FxHashMap<TextKey, Of> = FxHashMap::default();
    for thing in things {
        let of = texts.entry(key(snapshot, thing.node)).or_insert(Of(0, 0, thing.node));
        of.0 += thing.bytes;
        of.1 = of.1.max(thing.bytes);
    }
    let most = texts.values().max_by_key(|of| (of.0 - of.1, std::cmp::Reverse(of.2)))?.2;
    Some(Waste {
        texts: texts.len() as u64,
        bytes: texts.values().map(|of| of.0 - of.1).sum(),
        most,
        is_sure: texts.keys().all(TextKey::is_sure),
    })
}

/// What tells the string's text from others.
fn key(snapshot: &Snapshot, node: NodeIndex) -> TextKey {
    let heap = &snapshot.heap;
    let name = heap.nodes.name(node);
    let is_cut = heap.strings.raw(name).len() >= CUT_AT;
    TextKey { name, cut: is_cut.then(|| (heap.nodes.self_size(node), strings::cut_of(snapshot, node))) }
}

impl TextKey {
    /// Whether strings of this key have the same text for sure.
    fn is_sure(&self) -> bool {
        match self.cut {
            None => true,
            Some((_, cut)) => cut.is_some_and(|(_, hash)| hash.is_some()),
        }
    }
}
