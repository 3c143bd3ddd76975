//! Whether a collection has a bound: two snapshots cannot tell a cache that fills from one that leaks, but its program can.
//!
//! Seen: a property of its owner that reads like a limit, and functions that take things out. The functions are those of the
//! scope that has the collection in a variable, or the methods of the object that has it in a field; what they call is told
//! by the names in their bytecode ([`uses`]). A limit alone proves nothing: a rate limiter has one too, and forgets nobody.
//! `O(functions of the owner)` a collection.

use super::collections::{self, CollectionKind};
use super::grown::Collection;
use super::{holder, uses};
use crate::analysis::node_ref::Describer;
use crate::graph::Snapshot;
use crate::snapshot::{EdgeKind, Heap, NodeIndex, NodeKind, StringIndex};

/// What limits a collection, as classes of caches call it.
const LIMITS: [&str; 14] = [
    "max",
    "maxSize",
    "_max",
    "_maxSize",
    "#max",
    "#maxSize",
    "maxEntries",
    "maxKeys",
    "maxLength",
    "maxItems",
    "limit",
    "capacity",
    "ttl",
    "maxAge",
];

/// What functions are called that take out what is too much; they have no bytecode until there is too much.
const EVICTING: [&str; 6] = ["evict", "trim", "prune", "purge", "shrink", "truncate"];

/// A library's cache that tells whether it has a bound.
struct KnownCache {
    /// Whose it is, and the versions it was seen in.
    #[allow(dead_code, reason = "read by people")]
    library: &'static str,
    /// A property that its objects have.
    mark: &'static str,
    /// Classes of which some property is, if it has a bound.
    if_bounded: &'static [&'static str],
}

/// All known ones.
const KNOWN_CACHES: [KnownCache; 1] = [KnownCache {
    library: "lru-cache 7-11: links in typed arrays where `max` is given, in plain arrays where not",
    mark: "ttlAutopurge",
    if_bounded: &["Uint8Array", "Uint16Array", "Uint32Array", "ZeroArray"],
}];

/// How far a collection can grow.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Bound {
    /// Nothing tells of a bound.
    None,
    /// It may have one.
    Possible,
    /// Its program takes out what is too much.
    Kept,
}

impl Bound {
    /// That of a collection, by all who hold it.
    pub(super) fn of(describer: &Describer<'_>, collection: &Collection) -> Self {
        let Snapshot { heap, graph } = describer.snapshot();
        let mut has_limit = false;
        let mut functions = Vec::new();
        let holders = graph.retainers.of(&heap.nodes, collection.node);
        let holders = holders.map(|(edge, holder)| (heap.edges.kind(edge.at()), holder, heap.edges.name(edge.at())));
        // A class may extend Map.
        for (kind, holder, variable) in holders.chain([(EdgeKind::Property, collection.node, None)]) {
            match kind {
                EdgeKind::Context => functions.extend(users(describer, holder, variable)),
                EdgeKind::Property if heap.nodes.kind(holder) == NodeKind::OBJECT => {
                    if let Some(cache) = KNOWN_CACHES.iter().find(|cache| has_own(heap, holder, cache.mark)) {
                        let is_bounded = holder::properties(heap, holder)
                            .any(|(_, target)| cache.if_bounded.iter().any(|class| heap.node_is_named(target, class)));
                        return if is_bounded { Self::Kept } else { Self::None };
                    }
                    has_limit |=
                        LIMITS.iter().any(|limit| has_own(heap, holder, limit) && !is_method(heap, holder, limit));
                    functions.extend(holder::methods(heap, holder));
                }
                _ => {}
            }
        }
        Self::judge(heap, collection.kind, has_limit, &functions)
    }

    fn judge(heap: &Heap, kind: CollectionKind, has_limit: bool, functions: &[NodeIndex]) -> Self {
        let mut is_known = false;
        let (mut removes, mut evicts) = (false, false);
        for names in functions.iter().flat_map(|&function| uses::called(heap, function)) {
            is_known = true;
            let any = |of: &[&str]| of.iter().any(|name| names.contains(*name));
            match kind {
                // A Map has no `length`: what compares that with a limit never takes anything out.
                CollectionKind::Map | CollectionKind::Set if any(&["length"]) && !any(&["size"]) => {}
                CollectionKind::Map | CollectionKind::Set => {
                    removes |= any(&["delete"]);
                    // The first that an iterator gives, where there are too many.
                    evicts |= any(&["delete"]) && any(&["next"]) && (has_limit || any(&["size"]));
                }
                CollectionKind::Array => {
                    removes |= match has_limit {
                        true => any(&["shift", "pop", "splice"]),
                        false => any(&["shift", "pop"]) && any(&["push", "unshift"]) && any(&["length"]),
                    };
                }
                // `delete object[key]` leaves no name.
                CollectionKind::Dictionary => removes |= has_limit,
            }
        }
        let is_evicting = |function: &NodeIndex| {
            let name = heap.strings.text(heap.nodes.name(*function)).to_string();
            EVICTING.iter().any(|word| name.trim_start_matches(['#', '_']).starts_with(word))
        };
        match (evicts || has_limit && functions.iter().any(is_evicting), removes) {
            (true, _) => Self::Kept,
            (_, true) if has_limit || kind == CollectionKind::Array => Self::Possible,
            _ if has_limit && !is_known => Self::Possible,
            _ => Self::None,
        }
    }
}

/// The functions of a scope that name a variable of it, or all of them if none does, as the names of `var`s leave no trace: what
/// another takes out of another collection bounds nothing.
fn users(describer: &Describer<'_>, scope: NodeIndex, variable: Option<StringIndex>) -> Vec<NodeIndex> {
    let heap = &describer.snapshot().heap;
    let all = holder::functions(describer, scope);
    let Some(variable) = variable.map(|name| heap.strings.text(name).to_string()) else { return all };
    let is_user = |&function: &NodeIndex| uses::called(heap, function).iter().any(|names| names.contains(&variable));
    let users: Vec<NodeIndex> = all.iter().copied().filter(is_user).collect();
    if users.is_empty() { all } else { users }
}

/// Whether an object has a property of its own: numbers have no edge, so the names are looked up in its shape.
fn has_own(heap: &Heap, object: NodeIndex, name: &str) -> bool {
    collections::shape_keys(heap, object).any(|key| heap.node_is_named(key, name))
}

fn is_method(heap: &Heap, object: NodeIndex, name: &str) -> bool {
    heap.follow(object, EdgeKind::Property, name).is_some_and(|value| heap.nodes.kind(value) == NodeKind::CLOSURE)
}
