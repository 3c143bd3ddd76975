//! Finds the Maps by async id: those that the `init` of an async hook fills, and those of packages.
//!
//! A hook's `init` is called for every promise, timer and socket; what it puts into a Map must be taken out by `destroy`.
//! The Map is a variable that `init` names, of its scope or one around it. `O(strings + n)` for the hooks, `O(variables)` each.

use super::patterns::{CONTEXT_MAPS, HOOK_CLASS, HOOK_DESTROY, HOOK_INIT};
use crate::causes::collections::{self, CollectionKind};
use crate::causes::instances::Instances;
use crate::causes::uses;
use crate::snapshot::{EdgeKind, Heap, NodeIndex, NodeKind};

/// Scopes around a hook's `init` are looked at so far out.
const MOST_SCOPES: usize = 8;

/// A Map by async id.
#[derive(Clone, Copy)]
pub(super) struct HookMap {
    pub(super) map: NodeIndex,
    /// The function that fills it, of the program.
    pub(super) init: Option<NodeIndex>,
    /// Whether there is one that might take out.
    pub(super) has_destroy: bool,
    /// Whose it is.
    pub(super) library: &'static str,
}

/// All of them, each once.
pub(super) fn find(instances: &Instances<'_>) -> Vec<HookMap> {
    let heap = &instances.snapshot.heap;
    let mut classes = vec![HOOK_CLASS];
    classes.extend(CONTEXT_MAPS.iter().map(|it| it.class));
    let mut found: Vec<HookMap> = Vec::new();
    for (object, class) in instances.objects(&classes) {
        let maps = match class.checked_sub(1) {
            Some(library) => {
                let pattern = &CONTEXT_MAPS[library];
                let map = heap.follow(object, EdgeKind::Property, pattern.property);
                let map = map.filter(|&map| is_map(heap, map));
                let found = map.map(|map| HookMap { map, init: None, has_destroy: true, library: pattern.library });
                found.into_iter().collect()
            }
            None => of_hook(heap, object),
        };
        for map in maps {
            // What a package is known for is told before what its hook does.
            match found.iter_mut().find(|known| known.map == map.map) {
                Some(known) if known.library.is_empty() && !map.library.is_empty() => *known = map,
                Some(_) => {}
                None => found.push(map),
            }
        }
    }
    found
}

/// The Maps that a hook's `init` names: variables, or fields of variables and of `this`.
fn of_hook(heap: &Heap, hook: NodeIndex) -> Vec<HookMap> {
    let function =
        |name| heap.follow(hook, EdgeKind::Property, name).filter(|&it| heap.nodes.kind(it) == NodeKind::CLOSURE);
    let Some(init) = function(HOOK_INIT) else { return Vec::new() };
    let has_destroy = function(HOOK_DESTROY).is_some();
    let unbound = heap.follow(init, EdgeKind::Internal, "bound_function");
    let bound_this = heap.follow(init, EdgeKind::Internal, "bound_this");
    let init = unbound.filter(|&it| heap.nodes.kind(it) == NodeKind::CLOSURE).unwrap_or(init);
    let Some(shared) = heap.follow(init, EdgeKind::Internal, "shared") else { return Vec::new() };
    let names = |name: &str| uses::names(heap, shared, name) == Some(true);
    let mut found: Vec<NodeIndex> = bound_this.map_or_else(Vec::new, |this| fields(heap, this, names));
    let mut scope = heap.follow(init, EdgeKind::Internal, "context");
    for _ in 0..MOST_SCOPES {
        let Some(at) = scope.filter(|&it| heap.node_is_named(it, "system / Context")) else { break };
        for edge in heap.nodes.edges(at).filter(|&edge| heap.edges.kind(edge) == EdgeKind::Context) {
            let value = heap.edges.target(edge);
            let Some(name) = heap.edges.name(edge).filter(|_| heap.nodes.kind(value) == NodeKind::OBJECT) else {
                continue;
            };
            let name = heap.strings.text(name);
            match name.to_str() {
                // An arrow function does not name the `this` that it uses.
                name if name != "this" && !names(&name) => {}
                _ if is_map(heap, value) => found.push(value),
                _ => found.extend(fields(heap, value, names)),
            }
        }
        scope = heap.follow(at, EdgeKind::Internal, "previous");
    }
    found.into_iter().map(|map| HookMap { map, init: Some(init), has_destroy, library: "" }).collect()
}

/// The fields of an object that are Maps and named.
fn fields(heap: &Heap, object: NodeIndex, names: impl Fn(&str) -> bool) -> Vec<NodeIndex> {
    let edges = heap.nodes.edges(object).filter(|&edge| heap.edges.kind(edge) == EdgeKind::Property);
    edges
        .filter(|&edge| is_map(heap, heap.edges.target(edge)))
        .filter(|&edge| heap.edges.name(edge).is_some_and(|name| names(&heap.strings.text(name).to_str())))
        .map(|edge| heap.edges.target(edge))
        .collect()
}

/// Whether it is a Map, not one that happens to have properties.
fn is_map(heap: &Heap, node: NodeIndex) -> bool {
    heap.nodes.kind(node) == NodeKind::OBJECT && collections::kind(heap, node) == Some(CollectionKind::Map)
}
