//! Reads V8's collections as they stand in a snapshot: Map, Set, Array, and objects used as dictionaries. `O(entries)`, sorted
//! by slot.
//!
//! A Map or Set keeps its entries in a table, `-internal:table-> array`, whose slots are internal edges named by number: three
//! words of its own, the buckets, then of a Map key, value and a link a piece, of a Set key and a link. An object with many
//! properties keeps them in a dictionary, `-internal:properties-> array`, as key, value and details, keys in slots that three
//! divides. An array's elements are element edges. No slot has an edge where it holds a small integer, `null`, `undefined`,
//! `true` or `false`; properties that are `null` or `undefined` have one.
//! Seen in Node 20 to 26. Source: V8 `src/objects/ordered-hash-table.h`, `src/objects/dictionary.h`.

use rustc_hash::FxHashMap;

use super::oddballs;
use crate::snapshot::{EdgeIndex, EdgeKind, EdgeLabel, Heap, NodeIndex, NodeKind, StringIndex};

/// Slots from one entry to the next.
const MAP_STRIDE: u32 = 3;
const SET_STRIDE: u32 = 2;
const DICTIONARY_STRIDE: u32 = 3;
/// Words in front of a table's buckets: how many entries, how many deleted, how many buckets.
const TABLE_PREFIX: u64 = 3;
/// Words in front of a dictionary's entries: how many, how many deleted, for how many there is room, the greatest index.
const DICTIONARY_PREFIX: u64 = 4;
/// Words in front of any of the VM's arrays: its map and its length.
const ARRAY_HEADER: u64 = 2;
/// Entries that a table has room for, a bucket.
const LOAD_FACTOR: u64 = 2;
/// Bytes of a word: of Node.js, and of Chrome, which compresses pointers.
const WORD_SIZES: [u64; 2] = [8, 4];

/// What kind of collection it is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum CollectionKind {
    Map,
    Set,
    Array,
    /// An object whose properties are its entries.
    Dictionary,
}

impl CollectionKind {
    /// What titles call a collection of this class.
    pub(super) fn noun(self, class_name: &str) -> String {
        match self {
            // The class of a plain object lists its properties, which are the keys.
            Self::Dictionary if class_name == "Object" || class_name.starts_with('{') => "object".to_owned(),
            Self::Array => "array".to_owned(),
            _ => class_name.to_owned(),
        }
    }

    /// What titles call one of several inside of another.
    pub(super) fn noun_of_part(self) -> &'static str {
        match self {
            Self::Map => "Map",
            Self::Set => "Set",
            Self::Array => "array",
            Self::Dictionary => "object",
        }
    }
}

/// What a collection holds in one place, as far as the snapshot tells.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Entry {
    /// The key, where it is a node: absent for small integers and for the properties of small objects.
    pub(super) key: Option<NodeIndex>,
    /// The key's text, if it is a property's name.
    pub(super) name: Option<StringIndex>,
    /// The value, of a Set none.
    pub(super) value: Option<NodeIndex>,
}

/// The kind of collection that an object is; `None` for weak ones, scopes and the global objects of pages.
pub(super) fn kind(heap: &Heap, object: NodeIndex) -> Option<CollectionKind> {
    const NONE: [&str; 4] = ["WeakMap", "WeakSet", "WeakRef", "system / Context"];
    let name = heap.nodes.name(object);
    if heap.nodes.kind(object) != NodeKind::OBJECT
        || NONE.iter().any(|none| heap.strings.is(name, none))
        || heap.strings.starts_with(name, "global / ")
    {
        return None;
    }
    if let Some(table) = heap.follow(object, EdgeKind::Internal, "table") {
        let is_set = match table_start(heap, table) {
            Some((stride, _)) => stride == SET_STRIDE,
            None => heap.strings.is(name, "Set"),
        };
        return Some(if is_set { CollectionKind::Set } else { CollectionKind::Map });
    }
    Some(if heap.strings.is(name, "Array") { CollectionKind::Array } else { CollectionKind::Dictionary })
}

/// The properties of an object that has a shape, as entries: also those whose values are numbers, which only the shape knows. Where
/// the shapes of others go on from it, there may be too many.
pub(super) fn shaped(heap: &Heap, object: NodeIndex) -> Vec<Entry> {
    let values: FxHashMap<StringIndex, NodeIndex> = heap
        .nodes
        .edges(object)
        .filter(|&edge| heap.edges.kind(edge) == EdgeKind::Property)
        .filter_map(|edge| Some((heap.edges.name(edge)?, heap.edges.target(edge))))
        .collect();
    let value = |key| values.get(&heap.nodes.name(key)).copied();
    shape_keys(heap, object).map(|key| Entry { key: Some(key), name: None, value: value(key) }).collect()
}

/// The names of properties in an object's shape, which it may share.
pub(super) fn shape_keys(heap: &Heap, object: NodeIndex) -> impl Iterator<Item = NodeIndex> + '_ {
    let names = heap
        .follow(object, EdgeKind::Internal, "map")
        .and_then(|map| heap.follow(map, EdgeKind::Internal, "descriptors"));
    let edges = names.map_or(0..0, |names| heap.nodes.edges(names));
    let targets = edges.map(|edge| heap.edges.target(edge));
    targets.filter(|&key| matches!(heap.nodes.kind(key), NodeKind::STRING | NodeKind::SYMBOL))
}

/// Whether an object's properties are entries: V8 keeps those that are added by keys in a dictionary, and those with numbers apart.
pub(super) fn is_keyed(heap: &Heap, object: NodeIndex) -> bool {
    let table = heap.follow(object, EdgeKind::Internal, "properties");
    table.is_some_and(|table| heap.nodes.kind(table) == NodeKind::ARRAY) || elements(heap, object).next().is_some()
}

/// For how many entries the VM has made room, of an object for how many elements: what leaves no trace fills it unseen. It makes
/// more room than is needed, up to twice as much.
pub(super) fn room(heap: &Heap, object: NodeIndex, kind: CollectionKind) -> u64 {
    let [word, _] = WORD_SIZES;
    let words = |store| {
        let size = heap.follow(object, EdgeKind::Internal, store).map_or(0, |store| heap.nodes.self_size(store));
        (size / word).saturating_sub(ARRAY_HEADER)
    };
    let of_table = |stride: u32| {
        let buckets = words("table").saturating_sub(TABLE_PREFIX) / (1 + LOAD_FACTOR * u64::from(stride));
        LOAD_FACTOR * buckets
    };
    match kind {
        CollectionKind::Map => of_table(MAP_STRIDE),
        CollectionKind::Set => of_table(SET_STRIDE),
        CollectionKind::Array | CollectionKind::Dictionary => {
            let words = words("elements");
            // Where indices are far apart, elements are in a dictionary, whose capacity is a power of two.
            let in_dictionary = words.checked_sub(DICTIONARY_PREFIX).map(|words| words / u64::from(DICTIONARY_STRIDE));
            let is_dictionary = |&room: &u64| {
                room.is_power_of_two() && words == DICTIONARY_PREFIX + room * u64::from(DICTIONARY_STRIDE)
            };
            in_dictionary.filter(is_dictionary).unwrap_or(words)
        }
    }
}

/// The entries that leave a trace in the snapshot; of Map and Set in insertion order.
pub(super) fn entries(heap: &Heap, object: NodeIndex, kind: CollectionKind) -> Vec<Entry> {
    match kind {
        CollectionKind::Map => table_entries(heap, object, MAP_STRIDE),
        CollectionKind::Set => table_entries(heap, object, SET_STRIDE),
        CollectionKind::Array => {
            elements(heap, object).map(|value| Entry { key: None, name: None, value: Some(value) }).collect()
        }
        CollectionKind::Dictionary => properties(heap, object),
    }
}

/// The entries of a Map of which both key and value are nodes.
pub(super) fn map_entries(heap: &Heap, map: NodeIndex) -> Vec<(NodeIndex, NodeIndex)> {
    table_entries(heap, map, MAP_STRIDE).into_iter().filter_map(|entry| Some((entry.key?, entry.value?))).collect()
}

/// The keys of a Map that are nodes.
pub(super) fn map_keys(heap: &Heap, map: NodeIndex) -> Vec<NodeIndex> {
    table_entries(heap, map, MAP_STRIDE).into_iter().filter_map(|entry| entry.key).collect()
}

/// What a Set holds, small integers excepted.
pub(super) fn set_entries(heap: &Heap, set: NodeIndex) -> Vec<NodeIndex> {
    table_entries(heap, set, SET_STRIDE).into_iter().filter_map(|entry| entry.key).collect()
}

/// The elements of an array, in order.
pub(super) fn elements(heap: &Heap, array: NodeIndex) -> impl Iterator<Item = NodeIndex> + '_ {
    element_edges(heap, array).map(|(_, element)| element)
}

/// The elements of an array, in order, with the edges that lead to them.
pub(super) fn element_edges(heap: &Heap, array: NodeIndex) -> impl Iterator<Item = (EdgeIndex, NodeIndex)> + '_ {
    let edges = heap.nodes.edges(array).filter(|&edge| heap.edges.kind(edge) == EdgeKind::Element);
    edges.map(|edge| (EdgeIndex(edge as u32), heap.edges.target(edge)))
}

/// How many properties and elements of an object are `null` or `undefined`.
pub(super) fn count_nothing(heap: &Heap, object: NodeIndex) -> u64 {
    let is_nothing = |edge: &usize| {
        matches!(heap.edges.kind(*edge), EdgeKind::Property | EdgeKind::Element) && {
            let target = heap.edges.target(*edge);
            oddballs::is_null(heap, target) || oddballs::is_undefined(heap, target)
        }
    };
    heap.nodes.edges(object).filter(is_nothing).count() as u64
}

/// Properties and elements. The keys are nodes in a dictionary, and as far as an object's shape has them; in a dictionary, where values
/// are small integers, they are all there is.
fn properties(heap: &Heap, object: NodeIndex) -> Vec<Entry> {
    let keys: FxHashMap<StringIndex, NodeIndex> =
        shape_keys(heap, object).map(|key| (heap.nodes.name(key), key)).collect();
    let mut named = Vec::new();
    let mut numbered = Vec::new();
    for edge in heap.nodes.edges(object) {
        let value = Some(heap.edges.target(edge));
        match (heap.edges.kind(edge), heap.edges.label(edge)) {
            (EdgeKind::Property, EdgeLabel::Name(name)) if !heap.strings.is(name, "__proto__") => {
                named.push(Entry { key: keys.get(&name).copied(), name: Some(name), value });
            }
            (EdgeKind::Element, _) => numbered.push(Entry { key: None, name: None, value }),
            _ => {}
        }
    }
    let slots = heap.follow(object, EdgeKind::Internal, "properties").map(|table| slots(heap, table));
    let in_dictionary = group(slots.unwrap_or_default(), 0, DICTIONARY_STRIDE, |key| {
        matches!(heap.nodes.kind(key), NodeKind::STRING | NodeKind::SYMBOL)
    });
    let mut entries = if in_dictionary.len() >= named.len() { in_dictionary } else { named };
    entries.append(&mut numbered);
    entries
}

fn table_entries(heap: &Heap, collection: NodeIndex, stride: u32) -> Vec<Entry> {
    let Some(table) = heap.follow(collection, EdgeKind::Internal, "table") else { return Vec::new() };
    let slots = slots(heap, table);
    let Some(&(first, _)) = slots.first() else { return Vec::new() };
    let start = table_start(heap, table).filter(|&(found, _)| found == stride).map_or(first, |(_, start)| start);
    group(slots, start, stride, |_| true)
}

/// Slots as entries: the first of every `stride` is a key, the next its value unless two are all.
fn group(slots: Vec<(u32, NodeIndex)>, start: u32, stride: u32, is_key: impl Fn(NodeIndex) -> bool) -> Vec<Entry> {
    let mut entries: Vec<(u32, Entry)> = Vec::new();
    for (slot, node) in slots {
        let Some(offset) = slot.checked_sub(start) else { continue };
        let number = offset / stride;
        let new = Entry { key: None, name: None, value: None };
        match offset % stride {
            0 if is_key(node) => entries.push((number, Entry { key: Some(node), ..new })),
            1 if stride > SET_STRIDE => match entries.last_mut() {
                Some((last, entry)) if *last == number => entry.value = Some(node),
                _ if start > 0 => entries.push((number, Entry { value: Some(node), ..new })),
                _ => {}
            },
            _ => {}
        }
    }
    entries.into_iter().map(|(_, entry)| entry).collect()
}

/// Stride and first slot of a table's entries, from its length: the number of buckets is a power of two, so that no length is
/// that of a Map and a Set.
fn table_start(heap: &Heap, table: NodeIndex) -> Option<(u32, u32)> {
    let size = heap.nodes.self_size(table);
    WORD_SIZES.into_iter().find_map(|word| {
        let words = (size / word).checked_sub(ARRAY_HEADER + TABLE_PREFIX).filter(|_| size.is_multiple_of(word))?;
        [MAP_STRIDE, SET_STRIDE].into_iter().find_map(|stride| {
            let per_bucket = 1 + LOAD_FACTOR * u64::from(stride);
            let buckets = words / per_bucket;
            let is_table = words.is_multiple_of(per_bucket) && buckets.is_power_of_two();
            is_table.then_some((stride, u32::try_from(TABLE_PREFIX + buckets).ok()?))
        })
    })
}

/// What one of the VM's arrays holds, by slot, ascending.
pub(super) fn slots(heap: &Heap, table: NodeIndex) -> Vec<(u32, NodeIndex)> {
    let slot = |edge: usize| {
        let name = heap.strings.raw(heap.edges.name(edge)?);
        let slot = std::str::from_utf8(name).ok()?.parse().ok()?;
        (heap.edges.kind(edge) == EdgeKind::Internal).then(|| (slot, heap.edges.target(edge)))
    };
    let mut slots: Vec<_> = heap.nodes.edges(table).filter_map(slot).collect();
    slots.sort_unstable();
    slots
}
