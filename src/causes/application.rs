//! The application's part in a leak that a library's, or Node's, own function stands for: `events.once`, a queue, a cache of a
//! package. Nobody mends those; people want the line of theirs that is behind it.
//!
//! For what is called later (listeners, timers, promises) that is the nearest function of the application that one of them
//! keeps: the `async` function that waits, the callback that is handed on. For what holds things (collections) it is the
//! nearest one on the way from the root that sees the holder. The library's place stays, as `libraryFrame`, and the signature
//! is of it: which application function is nearest may differ from heap to heap, the library's function does not.
//! `O(path)`, and at most [`MOST_NODES`] nodes of what is kept.

use std::collections::VecDeque;

use rustc_hash::FxHashSet;

use super::case::{Case, Claim};
use super::finding::{Evidence, Finding};
use crate::analysis::node_ref::{Describer, PathStep};
use crate::analysis::paths;
use crate::analysis::places;
use crate::analysis::scripts::SourceLocation;
use crate::cancel::CancelToken;
use crate::error::Result;
use crate::snapshot::{EdgeIndex, EdgeKind, Heap, NodeIndex, NodeKind};

/// At most so many nodes are looked at.
const MOST_NODES: usize = 1 << 11;
/// And so many functions of a scope.
const MOST_FUNCTIONS: usize = 1 << 8;
/// And so many paths to the owner.
const MOST_PATHS: usize = 4;
/// Causes of what is called later.
const CALLED_LATER: [&str; 4] = ["listeners", "timers", "promise-reactions", "async-context"];
/// What leads from a function or promise to what it is for: scopes, what is bound, who waits.
const WAYS: [&str; 9] = [
    "context",
    "previous",
    "bound_function",
    "bound_this",
    "bound_arguments",
    "reactions_or_result",
    "promise_or_capability",
    "function",
    "next",
];

/// Gives the finding a place in the application, where it has one of a library or none.
pub(super) fn prefer(case: &Case<'_>, claim: &mut Claim, cancel: &CancelToken) -> Result<()> {
    let own = claim.finding.location.clone();
    if own.as_ref().is_some_and(is_of_application) {
        return Ok(());
    }
    // Where no place is told, that is for a reason, unless the thing lies in a library.
    let is_of_library = |step: &PathStep| {
        step.node.location.as_ref().is_some_and(|location| places::package_of(&location.url.to_str()).is_some())
    };
    if own.is_none() && !claim.finding.path.iter().any(is_of_library) {
        return Ok(());
    }
    let describer = case.describer();
    let found = if CALLED_LATER.contains(&claim.finding.cause) {
        kept(&describer, &claim.explains)
    } else {
        on_the_way(&describer, &claim.finding, cancel)?
    };
    let Some(found) = found else { return Ok(()) };
    let finding = &mut claim.finding;
    let place = places::place(&found);
    if let Some(library) = own {
        let frame = places::place(&library);
        finding.evidence.insert("libraryFrame", Evidence::Text(frame.clone()));
        if finding.title.ends_with(&frame) {
            finding.title.push_str(&format!(" for {place}"));
        }
    }
    finding.location = Some(found);
    Ok(())
}

/// Whether it is neither Node's nor a package's.
fn is_of_application(location: &SourceLocation) -> bool {
    let url = location.url.to_str();
    !url.is_empty() && !url.starts_with("node:") && places::package_of(&url).is_none()
}

fn place_of(describer: &Describer<'_>, node: NodeIndex) -> Option<SourceLocation> {
    describer.location(node).filter(is_of_application)
}

/// The nearest function that one of `tops` keeps: one in the middle, as the first and the last may be special.
fn kept(describer: &Describer<'_>, tops: &[NodeIndex]) -> Option<SourceLocation> {
    let heap = &describer.snapshot().heap;
    let &top = tops.get(tops.len() / 2)?;
    let mut seen = FxHashSet::from_iter([top]);
    let mut open = VecDeque::from([top]);
    while let Some(node) = open.pop_front() {
        if heap.nodes.kind(node) == NodeKind::CLOSURE
            && let Some(place) = place_of(describer, node)
        {
            return Some(place);
        }
        for edge in heap.nodes.edges(node) {
            let is_way = match heap.edges.kind(edge) {
                EdgeKind::Context | EdgeKind::Element => true,
                EdgeKind::Property => {
                    !heap.edge_is_named(edge, "__proto__") && !heap.edge_is_named(edge, "constructor")
                }
                EdgeKind::Internal => WAYS.iter().any(|way| heap.edge_is_named(edge, way)),
                // From the function that settles a promise to the promise.
                EdgeKind::Hidden => heap.node_is_named(node, "system / Context"),
                _ => false,
            };
            let target = heap.edges.target(edge);
            if is_way && seen.len() < MOST_NODES && is_followed(heap, target) && seen.insert(target) {
                open.push_back(target);
            }
        }
    }
    None
}

/// Not what everything leads to.
fn is_followed(heap: &Heap, node: NodeIndex) -> bool {
    const EVERYWHERE: [&str; 3] = ["process", "Module", "global"];
    matches!(
        heap.nodes.kind(node),
        NodeKind::OBJECT | NodeKind::CLOSURE | NodeKind::ARRAY | NodeKind::HIDDEN | NodeKind::CODE
    ) && !EVERYWHERE.iter().any(|name| heap.node_is_named(node, name))
        && !heap.strings.starts_with(heap.nodes.name(node), "system / NativeContext")
        && !heap.strings.starts_with(heap.nodes.name(node), "global ")
}

/// The nearest place on a path to the owner: of a function, of a class's object, or of the functions that see a variable. On
/// the shortest path there may be only the library and Node.
fn on_the_way(describer: &Describer<'_>, finding: &Finding, cancel: &CancelToken) -> Result<Option<SourceLocation>> {
    let snapshot = describer.snapshot();
    let Some(owner) = snapshot.heap.nodes.find_id(finding.owner.id) else { return Ok(None) };
    let paths = paths::retaining_paths(snapshot, owner, MOST_PATHS, cancel)?;
    Ok(paths.iter().find_map(|path| on_path(describer, path)))
}

fn on_path(describer: &Describer<'_>, path: &[EdgeIndex]) -> Option<SourceLocation> {
    let snapshot = describer.snapshot();
    let heap = &snapshot.heap;
    path.iter().rev().find_map(|edge| {
        let node = heap.edges.target(edge.at());
        if !heap.node_is_named(node, "system / Context") {
            return place_of(describer, node);
        }
        let closures = snapshot.graph.retainers.of(&heap.nodes, node).filter(|&(edge, source)| {
            heap.nodes.kind(source) == NodeKind::CLOSURE && heap.edge_is_named(edge.at(), "context")
        });
        let places = closures.take(MOST_FUNCTIONS).filter_map(|(_, closure)| place_of(describer, closure));
        places.min_by_key(|place| (place.line, place.column))
    })
}
