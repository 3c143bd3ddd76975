//! Where in the source something of Node's was made: a socket, a stream, a worker. The heap does not tell; but a program that
//! makes one hands it functions, and those have a place. `O(listeners of the object)`.

use super::oddballs;
use crate::analysis::node_ref::Describer;
use crate::analysis::places;
use crate::analysis::scripts::SourceLocation;
use crate::snapshot::{EdgeKind, Heap, NodeIndex, NodeKind};

/// Where emitters keep their listeners: Node's EventEmitter and EventTarget.
const LISTENERS: [&str; 2] = ["_events", "<symbol kEvents>"];
/// Where a function that stands for another keeps it: `once`, and what was set as `onmessage` (Node `lib/internal/event_target.js`,
/// Node 20 to 26).
const WRAPPED: [&str; 3] = ["listener", "callback", "handler"];
/// Between the holder of listeners and the function are an array, a Map's table or a chain.
const MOST_STEPS: usize = 5;
/// So many functions of an object are looked at.
const MOST_FUNCTIONS: usize = 256;

/// The place that a function, or an object of a class that the program wrote, has outside of Node.
pub(super) fn place(describer: &Describer<'_>, node: NodeIndex) -> Option<SourceLocation> {
    let location = describer.location(node)?;
    let url = location.url.to_str();
    (!url.is_empty() && !url.starts_with("node:")).then_some(location)
}

/// The place of the program's own that comes first in its source; one in a package only if there is no other.
pub(super) fn nearest(places: impl IntoIterator<Item = SourceLocation>) -> Option<SourceLocation> {
    places.into_iter().min_by_key(|place| {
        let url = place.url.to_string();
        (is_of_package(place), url, place.line, place.column)
    })
}

/// Whether the place is in a package and not in the program itself.
pub(super) fn is_of_package(place: &SourceLocation) -> bool {
    places::short_url(&place.url.to_str()).starts_with("node_modules/")
}

/// Whether the function is the one around a whole ES module.
pub(super) fn is_of_module(place: &SourceLocation) -> bool {
    (place.line, place.column) == (1, 1)
}

/// The place of the function that listens to `emitter`, outside of Node.
pub(super) fn listening(describer: &Describer<'_>, emitter: NodeIndex) -> Option<SourceLocation> {
    let heap = &describer.snapshot().heap;
    let mut found = Vec::new();
    for name in LISTENERS {
        if let Some(events) = heap.follow(emitter, EdgeKind::Property, name) {
            listeners(heap, events, &mut found);
        }
    }
    nearest(found.into_iter().filter_map(|function| place(describer, function)))
}

/// The functions under the object that holds an emitter's listeners.
fn listeners(heap: &Heap, events: NodeIndex, found: &mut Vec<NodeIndex>) {
    let mut around = vec![events];
    for _ in 0..MOST_STEPS {
        let mut next = Vec::new();
        for &node in &around {
            for edge in heap.nodes.edges(node) {
                let target = heap.edges.target(edge);
                let is_way = match heap.edges.kind(edge) {
                    EdgeKind::Property => !heap.edge_is_named(edge, "__proto__"),
                    EdgeKind::Element => true,
                    EdgeKind::Internal => heap.edge_is_named(edge, "table") || heap.nodes.kind(node) == NodeKind::ARRAY,
                    _ => false,
                };
                if !is_way || found.len() + next.len() >= MOST_FUNCTIONS {
                    continue;
                }
                match heap.nodes.kind(target) {
                    NodeKind::CLOSURE => found.push(written(heap, target)),
                    NodeKind::OBJECT | NodeKind::ARRAY if !oddballs::is_null(heap, target) => next.push(target),
                    _ => {}
                }
            }
        }
        around = next;
    }
}

/// The function that someone wrote, behind one that stands for it.
pub(super) fn written(heap: &Heap, function: NodeIndex) -> NodeIndex {
    let wrapped = WRAPPED.iter().find_map(|name| heap.follow(function, EdgeKind::Property, name));
    let inner = wrapped.or_else(|| heap.follow(function, EdgeKind::Internal, "bound_function"));
    inner.filter(|&inner| heap.nodes.kind(inner) == NodeKind::CLOSURE).unwrap_or(function)
}

/// The first of `properties` that is a function with a place outside of Node: what the program gave to be called.
pub(super) fn given(describer: &Describer<'_>, object: NodeIndex, properties: &[&str]) -> Option<SourceLocation> {
    let heap = &describer.snapshot().heap;
    let functions = properties.iter().filter_map(|name| heap.follow(object, EdgeKind::Property, name));
    let functions = functions.filter(|&function| heap.nodes.kind(function) == NodeKind::CLOSURE);
    nearest(functions.filter_map(|function| place(describer, written(heap, function))))
}
