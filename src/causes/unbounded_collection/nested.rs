//! Collections in a collection, which grow together: a list for every user, a Set of members for every room. Each may get so
//! little that it is nobody's leak; what all of them got is one.
//!
//! Seen in two snapshots of one process: new things in old collections that lie in the same Map, Set, array or dictionary, as
//! its entries or in the same property of those; or, where that is still too little, in collections of one more around those
//! (a Set for every user of every room). The entries of all are counted in both snapshots, so that what moves from one to
//! another, and what turns over, gains nothing. `O(n)`, and `O(entries)` where enough has come.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::analysis::suspects;
use crate::cancel::CancelToken;
use crate::causes::case::{Case, Explained};
use crate::causes::collections::{self, CollectionKind, Entry};
use crate::causes::counterparts;
use crate::causes::grown::{self, Collection, Grown};
use crate::error::Result;
use crate::graph::Snapshot;
use crate::snapshot::{EdgeIndex, EdgeKind, Heap, NodeIndex, NodeKind, StringIndex};

/// So many of them make one leak.
const LEAST_PARTS: usize = 2;
/// So many collections lie in one another at most.
const MOST_LEVELS: usize = 2;
/// An object without a class may have a few collections of different meaning; from so many on it is a dictionary of them. So
/// are fewer, if only together they grow in step with the rounds, or if its keys are data.
const LEAST_OF_DICTIONARY: usize = 8;

/// How many new things came to the collections of each place.
type Places = FxHashMap<Place, u64>;

/// Where a collection lies in another, maybe by one between.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Place {
    /// The outer one.
    outer: NodeIndex,
    /// The way to those inside, the outermost first.
    levels: Vec<Level>,
}

/// What collections directly in another are.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Level {
    kind: CollectionKind,
    /// The property of an entry that they are; none if they are entries themselves.
    field: Option<StringIndex>,
}

/// The way as it is in any snapshot: kinds, and names of properties.
type Levels = [(CollectionKind, Option<String>)];

/// Those that grew, each as the outer collection with all the entries of those inside.
pub(super) fn grown(case: &Case<'_>, explained: &Explained, cancel: &CancelToken) -> Result<Vec<Grown>> {
    let Some(before) = case.before.filter(|_| case.is_same_process) else { return Ok(Vec::new()) };
    let mut places = places(case, explained, cancel)?;
    let mut grown = Vec::new();
    while !places.is_empty() {
        let (found, rest) = told(case, before, places, explained, cancel)?;
        grown.extend(found);
        // What is too little in each may be enough in all of those around.
        places = around(case.after, rest);
    }
    grown.sort_by_key(|grown| std::cmp::Reverse((grown.bytes, grown.collection.count())));
    Ok(grown)
}

/// What grew at the places, and the places where not enough did.
fn told(
    case: &Case<'_>,
    before: &Snapshot,
    places: Places,
    explained: &Explained,
    cancel: &CancelToken,
) -> Result<(Vec<Grown>, Places)> {
    let least = case.window.least_growth();
    let is_enough = |(place, count): (&Place, &u64)| *count >= least && !explained.contains(place.outer);
    let mut outer: Vec<NodeIndex> = places.iter().filter(|&it| is_enough(it)).map(|(place, _)| place.outer).collect();
    outer.sort_unstable();
    outer.dedup();
    let counterparts: FxHashMap<NodeIndex, NodeIndex> =
        counterparts::counterparts(case, &outer, cancel)?.into_iter().collect();
    let (mut found, mut rest) = (Vec::new(), Places::default());
    for (place, count) in places {
        cancel.check()?;
        let then = counterparts.get(&place.outer).filter(|_| is_enough((&place, &count)));
        let text = |name| case.after.heap.strings.text(name).to_string();
        let levels: Vec<_> = place.levels.iter().map(|level| (level.kind, level.field.map(text))).collect();
        let grown = then.and_then(|&then| {
            let (now, then) = (inside(&case.after.heap, place.outer, &levels), inside(&before.heap, then, &levels));
            let is_several = now.parts >= LEAST_PARTS;
            is_several.then(|| grown::gained(case, before, &then, now, explained)).flatten()
        });
        match grown.filter(|one| {
            one.is_told(case) && are_dictionaries(case, one, &levels) && is_of_one_kind(case, one, &levels)
        }) {
            Some(one) => found.push((place, count, one)),
            None => _ = rest.insert(place, count),
        }
    }
    // Several that lie in one are told as that.
    let around: Vec<Option<Place>> = found.iter().map(|(place, ..)| one_level_more(case.after, place)).collect();
    let mut fellows: FxHashMap<&Place, u32> = FxHashMap::default();
    for around in around.iter().flatten() {
        *fellows.entry(around).or_default() += 1;
    }
    let mut grown = Vec::new();
    for ((place, count, one), around) in found.into_iter().zip(&around) {
        match around.as_ref().is_some_and(|around| fellows[around] > 1) {
            true => _ = rest.insert(place, count),
            false => grown.push(one),
        }
    }
    Ok((grown, rest))
}

/// Whether the collections inside are of one kind, and not a few of different meaning.
fn is_of_one_kind(case: &Case<'_>, grown: &Grown, levels: &Levels) -> bool {
    let heap = &case.after.heap;
    let outer = grown.collection.node;
    if grown.collection.parts >= LEAST_OF_DICTIONARY
        || collections::kind(heap, outer) != Some(CollectionKind::Dictionary)
    {
        return true;
    }
    let is_new = |entry: &Entry| entry.key.or(entry.value).is_some_and(|node| case.is_new(node));
    let gained = |inner| entries(heap, inner, levels).into_iter().filter(is_new).count() as u64;
    let gained: Vec<u64> = parts(heap, outer, levels).into_iter().map(gained).collect();
    match case.window.rounds {
        Some(_) => case.window.is_exact(grown.more) && !gained.iter().any(|&one| case.window.is_paced(one)),
        None => has_data_for_keys(heap, outer),
    }
}

/// Whether most properties of an object have names that nobody would write after a dot: paths, dates, ids.
fn has_data_for_keys(heap: &Heap, object: NodeIndex) -> bool {
    let is_word = |name: &str| {
        !name.starts_with(|it: char| it.is_ascii_digit())
            && name.chars().all(|it| it.is_alphanumeric() || matches!(it, '_' | '$'))
    };
    let names = heap.nodes.edges(object).filter(|&edge| heap.edges.kind(edge) == EdgeKind::Property);
    let names = names.filter_map(|edge| heap.edges.name(edge)).map(|name| heap.strings.text(name).to_string());
    let (words, data): (Vec<String>, Vec<String>) =
        names.filter(|name| name != "__proto__").partition(|name| is_word(name));
    data.len() > words.len()
}

/// Whether plain objects inside are dictionaries: as V8 has them, or else each of a shape of its own, as records are not.
fn are_dictionaries(case: &Case<'_>, grown: &Grown, levels: &Levels) -> bool {
    let heap = &case.after.heap;
    if innermost(levels) != CollectionKind::Dictionary {
        return true;
    }
    let parts = parts(heap, grown.collection.node, levels);
    let shaped: Vec<NodeIndex> = parts.into_iter().filter(|&inner| !collections::is_keyed(heap, inner)).collect();
    let shapes: FxHashSet<_> = shaped.iter().map(|&inner| heap.follow(inner, EdgeKind::Internal, "map")).collect();
    let is_in_step = case.window.rounds.is_none() || case.window.is_exact(grown.more);
    shaped.is_empty() || 2 * shapes.len() > shaped.len() && is_in_step
}

/// The places by one level more, with what came to all of them.
fn around(snapshot: &Snapshot, places: Places) -> Places {
    let mut around = Places::default();
    for (place, count) in places {
        if let Some(place) = one_level_more(snapshot, &place) {
            *around.entry(place).or_default() += count;
        }
    }
    around
}

/// The same from the collection that the outer one lies in, if it is in one and that is not too far out.
fn one_level_more(snapshot: &Snapshot, place: &Place) -> Option<Place> {
    if place.levels.len() == MOST_LEVELS {
        return None;
    }
    let kind = collections::kind(&snapshot.heap, place.outer)?;
    let mut around = place_of(snapshot, place.outer, kind)?;
    around.levels.extend(&place.levels);
    Some(around)
}

/// Where old collections inside of others have new things.
fn places(case: &Case<'_>, explained: &Explained, cancel: &CancelToken) -> Result<Places> {
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
    let mut places = Places::default();
    for (node, count) in inner {
        let kind = collections::kind(heap, node).filter(|&kind| may_be_inside(heap, node, kind));
        if let Some(kind) = kind.filter(|_| !explained.contains(node))
            && let Some(place) = place_of(case.after, node, kind)
        {
            *places.entry(place).or_default() += count;
        }
    }
    Ok(places)
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
        return Some(Place { outer: holder, levels: vec![Level { kind, field: None }] });
    }
    let is_field =
        |&(edge, from): &(EdgeIndex, NodeIndex)| from == holder && heap.edges.kind(edge.at()) == EdgeKind::Property;
    let field =
        snapshot.graph.retainers.of(&heap.nodes, node).find(is_field).and_then(|(edge, _)| heap.edges.name(edge.at()));
    match (above(holder).filter(|&outer| is_outer(outer).is_some()), field) {
        (Some(outer), Some(_)) => Some(Place { outer, levels: vec![Level { kind, field }] }),
        // Modules have lists of their children, and are in such lists.
        _ if heap.node_is_named(holder, "Object") => {
            Some(Place { outer: holder, levels: vec![Level { kind, field: None }] })
        }
        _ => None,
    }
}

/// The outer collection, with the entries of all that lie inside.
fn inside(heap: &Heap, outer: NodeIndex, levels: &Levels) -> Collection {
    let kind = innermost(levels);
    let mut collection = Collection { node: outer, kind, entries: Vec::new(), nothing: 0, parts: 0, room: None };
    for inner in parts(heap, outer, levels) {
        let entries = entries(heap, inner, levels);
        collection.parts += usize::from(!entries.is_empty());
        collection.entries.extend(entries);
    }
    collection
}

/// The collections that lie inside.
fn parts(heap: &Heap, outer: NodeIndex, levels: &Levels) -> Vec<NodeIndex> {
    levels.iter().fold(vec![outer], |around, (kind, field)| {
        around.into_iter().flat_map(|node| directly_inside(heap, node, *kind, field.as_deref())).collect()
    })
}

fn entries(heap: &Heap, inner: NodeIndex, levels: &Levels) -> Vec<Entry> {
    match innermost(levels) {
        CollectionKind::Dictionary if !collections::is_keyed(heap, inner) => collections::shaped(heap, inner),
        kind => collections::entries(heap, inner, kind),
    }
}

/// Of objects with a class the properties are no entries.
fn may_be_inside(heap: &Heap, node: NodeIndex, kind: CollectionKind) -> bool {
    kind != CollectionKind::Dictionary || heap.node_is_named(node, "Object")
}

fn innermost(levels: &Levels) -> CollectionKind {
    levels.last().map_or(CollectionKind::Dictionary, |level| level.0)
}

fn directly_inside(heap: &Heap, outer: NodeIndex, kind: CollectionKind, field: Option<&str>) -> Vec<NodeIndex> {
    let Some(outer_kind) = collections::kind(heap, outer) else { return Vec::new() };
    // What is keyed by small numbers has values only; a Set has keys only; a dictionary's entries may be read by key alone.
    let entries = collections::entries(heap, outer, outer_kind);
    let values = entries.into_iter().filter_map(|entry| entry.value.or(entry.key));
    let inner = values.filter_map(|value| match field {
        Some(field) => heap.follow(value, EdgeKind::Property, field),
        None => Some(value),
    });
    inner.filter(|&inner| collections::kind(heap, inner) == Some(kind) && may_be_inside(heap, inner, kind)).collect()
}
