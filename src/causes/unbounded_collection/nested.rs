//! Collections in a collection, which grow together: a list for every user, a Set of members for every room. Each may get so
//! little that it is nobody's leak; what all of them got is one.
//!
//! Seen in two snapshots of one process: new things in old collections that lie in the same Map, Set, array or dictionary, as
//! its entries or in the same property of those. The entries of all are counted in both snapshots, so that what moves from one
//! to another, and what turns over, gains nothing. `O(n)`, and `O(entries)` where enough has come.

use rustc_hash::FxHashMap;

use crate::analysis::suspects;
use crate::cancel::CancelToken;
use crate::causes::case::{Case, Explained};
use crate::causes::collections::{self, CollectionKind};
use crate::causes::counterparts;
use crate::causes::grown::{self, Collection, Grown};
use crate::error::Result;
use crate::graph::Snapshot;
use crate::snapshot::{EdgeKind, Heap, NodeIndex, NodeKind, StringIndex};

/// So many of them make one leak.
const LEAST_PARTS: usize = 2;
/// An object without a class may have a few collections of different meaning; from so many on it is a dictionary of them.
const LEAST_OF_DICTIONARY: usize = 8;

/// Where a collection lies in another.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Place {
    /// The outer one.
    outer: NodeIndex,
    /// What kind those inside are.
    kind: CollectionKind,
    /// The property of an entry that they are; none if they are entries themselves.
    field: Option<StringIndex>,
}

/// Those that grew, each as the outer collection with all the entries of those inside.
pub(super) fn grown(case: &Case<'_>, explained: &Explained, cancel: &CancelToken) -> Result<Vec<Grown>> {
    let Some(before) = case.before.filter(|_| case.is_same_process) else { return Ok(Vec::new()) };
    let least = case.window.least_growth();
    let places = places(case, explained, least, cancel)?;
    let mut outer: Vec<NodeIndex> = places.iter().map(|place| place.outer).collect();
    outer.sort_unstable();
    outer.dedup();
    let mut grown = Vec::new();
    for (now, then) in counterparts::counterparts(case, &outer, cancel)? {
        for place in places.iter().filter(|place| place.outer == now) {
            cancel.check()?;
            let name = place.field.map(|name| case.after.heap.strings.text(name).to_string());
            let read = |heap: &Heap, outer| inside(heap, outer, place.kind, name.as_deref());
            let (now, then) = (read(&case.after.heap, now), read(&before.heap, then));
            let is_dictionary = collections::kind(&case.after.heap, now.node) == Some(CollectionKind::Dictionary);
            let least_parts = if is_dictionary { LEAST_OF_DICTIONARY } else { LEAST_PARTS };
            if now.parts >= least_parts {
                grown.extend(grown::gained(case, before, &then, now, explained).filter(|one| one.is_told(case)));
            }
        }
    }
    grown.sort_by_key(|grown| std::cmp::Reverse((grown.bytes, grown.collection.count())));
    Ok(grown)
}

/// Where old collections inside of others have so many new things.
fn places(case: &Case<'_>, explained: &Explained, least: u64, cancel: &CancelToken) -> Result<Vec<Place>> {
    let Snapshot { heap, graph } = case.after;
    let mut inner: FxHashMap<NodeIndex, u64> = FxHashMap::default();
    for node in heap.nodes.indices() {
        if node.at().is_multiple_of(CancelToken::STRIDE) {
            cancel.check()?;
        }
        if case.is_new(node) && is_thing(heap.nodes.kind(node)) {
            let mut holder = graph.dominators.immediate_dominator(node);
            if heap.nodes.kind(holder) == NodeKind::ARRAY {
                holder = graph.dominators.immediate_dominator(holder);
            }
            if heap.nodes.kind(holder) == NodeKind::OBJECT && case.is_old(holder) {
                *inner.entry(holder).or_default() += 1;
            }
        }
    }
    let mut places: FxHashMap<Place, u64> = FxHashMap::default();
    for (node, count) in inner {
        let kind = collections::kind(heap, node).filter(|&kind| kind != CollectionKind::Dictionary);
        if let Some(kind) = kind.filter(|_| !explained.contains(node))
            && let Some(place) = place_of(case.after, node, kind)
        {
            *places.entry(place).or_default() += count;
        }
    }
    let enough = places.into_iter().filter(|&(place, count)| count >= least && !explained.contains(place.outer));
    Ok(enough.map(|(place, _)| place).collect())
}

fn is_thing(kind: NodeKind) -> bool {
    use NodeKind as K;
    matches!(kind, K::OBJECT | K::CLOSURE | K::STRING | K::CONCATENATED_STRING | K::SLICED_STRING)
}

/// The collection that a collection lies in, if it is in one: directly, or as a property of an entry.
fn place_of(snapshot: &Snapshot, node: NodeIndex, kind: CollectionKind) -> Option<Place> {
    let heap = &snapshot.heap;
    let above = |node: NodeIndex| {
        let dominators = &snapshot.graph.dominators;
        let holder = dominators.immediate_dominator(node);
        let is_store = suspects::is_backing_store(heap, holder);
        let holder = if is_store { dominators.immediate_dominator(holder) } else { holder };
        (heap.nodes.kind(holder) == NodeKind::OBJECT && !suspects::is_machinery(heap, holder)).then_some(holder)
    };
    let is_outer = |node: NodeIndex| collections::kind(heap, node).filter(|&kind| kind != CollectionKind::Dictionary);
    let holder = above(node)?;
    if is_outer(holder).is_some() {
        return Some(Place { outer: holder, kind, field: None });
    }
    let is_field = |&edge: &usize| heap.edges.kind(edge) == EdgeKind::Property && heap.edges.target(edge) == node;
    let field = heap.nodes.edges(holder).find(is_field).and_then(|edge| heap.edges.name(edge));
    match (above(holder).filter(|&outer| is_outer(outer).is_some()), field) {
        (Some(outer), Some(_)) => Some(Place { outer, kind, field }),
        // Modules have lists of their children, and are in such lists.
        _ if heap.node_is_named(holder, "Object") => Some(Place { outer: holder, kind, field: None }),
        _ => None,
    }
}

/// The outer collection, with the entries of all that lie inside.
fn inside(heap: &Heap, outer: NodeIndex, kind: CollectionKind, field: Option<&str>) -> Collection {
    let mut collection = Collection { node: outer, kind, entries: Vec::new(), nothing: 0, parts: 0, room: None };
    let Some(outer_kind) = collections::kind(heap, outer) else { return collection };
    for entry in collections::entries(heap, outer, outer_kind) {
        // What is keyed by small numbers has values only; a Set has keys only; a dictionary's entries may be read by key alone.
        let Some(value) = entry.value.or(entry.key) else { continue };
        let inner = field.map_or(Some(value), |field| heap.follow(value, EdgeKind::Property, field));
        if let Some(inner) = inner.filter(|&inner| collections::kind(heap, inner) == Some(kind)) {
            let entries = collections::entries(heap, inner, kind);
            collection.parts += usize::from(!entries.is_empty());
            collection.entries.extend(entries);
        }
    }
    collection
}
