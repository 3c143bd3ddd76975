//! What the keys of a collection look like, without telling any of them. `O(length)` a key, of a few hundred keys.

use super::collections::{CollectionKind, Entry};
use super::grown::Collection;
use crate::analysis::display::display_name;
pub(super) use crate::analysis::key_pattern::KeyPattern;
use crate::analysis::node_ref::Describer;
use crate::snapshot::{NodeIndex, NodeKind};

/// So many entries are looked at, evenly chosen.
const SAMPLE: usize = 256;

/// Some of the entries.
pub(super) fn sample(entries: &[Entry]) -> impl Iterator<Item = &Entry> {
    entries.iter().step_by(entries.len().div_ceil(SAMPLE).max(1))
}

/// What most keys of a collection look like, or most strings of a Set or an array.
pub(super) fn pattern(describer: &Describer<'_>, collection: &Collection) -> Option<KeyPattern> {
    let snapshot = describer.snapshot();
    let text = |node: NodeIndex| match snapshot.heap.nodes.kind(node) {
        NodeKind::STRING | NodeKind::CONCATENATED_STRING => Some(display_name(snapshot, node).to_string()),
        _ => None,
    };
    let keys: Option<Vec<String>> = sample(&collection.entries)
        .map(|entry| match (collection.kind, entry.key, entry.name) {
            (CollectionKind::Array, ..) => text(entry.value?),
            (_, Some(key), _) => text(key),
            (_, None, Some(name)) => Some(snapshot.heap.strings.text(name).to_string()),
            // An element of an object, or a small integer as a key.
            (_, None, None) => Some("0".to_owned()),
        })
        .collect();
    KeyPattern::of(&keys?)
}
