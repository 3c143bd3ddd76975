//! The application's part in a leak that a library's, or Node's, own function stands for: `events.once`, a queue, a cache of a
//! package. Nobody mends those; people want the line of theirs that is behind it.
//!
//! For what is called later (listeners, timers, promises) that is the nearest function of the application that one of them
//! keeps: the `async` function that waits, the callback that is handed on. For what holds things (collections) it is such a
//! function very near to what is held, as a package's list of callbacks has them, else the nearest one on the way from the root
//! that sees the holder. The library's place stays, as `libraryFrame`, and the signature
//! is of it: which application function is nearest may differ from heap to heap, the library's function does not.
//! `O(path)`, and at most [`MOST_NODES`] nodes of what is kept.

use std::collections::VecDeque;

use rustc_hash::FxHashSet;

use super::case::{Case, Claim};
use super::collections;
use super::finding::{Evidence, Finding};
use crate::analysis::node_ref::{Describer, PathStep};
use crate::analysis::paths;
use crate::analysis::places;
use crate::analysis::scripts::SourceLocation;
use crate::cancel::CancelToken;
use crate::error::Result;
use crate::snapshot::{EdgeIndex, EdgeKind, Heap, NodeIndex, NodeKind};

/// At most so many nodes are looked at.
const MOST_NODES: usize = 1 << 12;
/// What a collection holds is asked for functions so many references away.
const NEAR_STEPS: usize = 8;
/// A scope with more variables is that of a whole script, which leads to everything in it.
const MOST_VARIABLES: usize = 40;
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

/// And from the scope of what goes on when a promise is settled to the call that waits for it.
const SUSPENDED: &str = "extension";
/// Whose parts have numbers instead of names.
const HIDDEN_WAYS: [&str; 2] = ["system / Context", "system / PromiseReaction"];

/// Gives the finding a place in the application, where it has one of a library or none.
pub(super) fn prefer(case: &Case<'_>, claim: &mut Claim, cancel: &CancelToken) -> Result<()> {
    let own = claim.finding.location.clone();
    if own.as_ref().is_some_and(is_of_application) {
        return Ok(());
    }
    // Where no place is told, that is for a reason, unless the thing lies in a library, or what holds it is Node's own.
    let url = |step: &PathStep| step.node.location.as_ref().map(|location| location.url.to_string());
    let urls: Vec<String> = claim.finding.path.iter().rev().filter_map(url).collect();
    let is_of_library = own.is_some() || urls.iter().any(|url| places::package_of(url).is_some());
    if !is_of_library && !urls.first().is_some_and(|url| url.starts_with("node:")) {
        return Ok(());
    }
    let describer = case.describer();
    let found = if CALLED_LATER.contains(&claim.finding.cause) {
        let top = claim.explains.get(claim.explains.len() / 2);
        top.and_then(|&top| kept(&describer, top, usize::MAX))
    } else {
        let last = claim.explains.first().and_then(|&node| last_held(&describer.snapshot().heap, node));
        match last.and_then(|last| kept(&describer, last, NEAR_STEPS)) {
            None if is_of_library => on_the_way(&describer, &claim.finding, cancel)?,
            found => found,
        }
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

/// Whether it is the scope of a whole script.
fn is_of_script(heap: &Heap, node: NodeIndex) -> bool {
    heap.node_is_named(node, "system / Context") && heap.nodes.edges(node).len() > MOST_VARIABLES
}

/// What a collection got last.
fn last_held(heap: &Heap, node: NodeIndex) -> Option<NodeIndex> {
    let kind = collections::kind(heap, node)?;
    let entry = *collections::entries(heap, node, kind).last()?;
    entry.value.or(entry.key)
}

/// The nearest function that `top` keeps, over so many references.
fn kept(describer: &Describer<'_>, top: NodeIndex, most_steps: usize) -> Option<SourceLocation> {
    let heap = &describer.snapshot().heap;
    let mut seen = FxHashSet::from_iter([top]);
    let mut open = VecDeque::from([(top, 0)]);
    while let Some((node, steps)) = open.pop_front() {
        if heap.nodes.kind(node) == NodeKind::CLOSURE
            && let Some(place) = place_of(describer, node)
        {
            return Some(place);
        }
        if steps == most_steps {
            continue;
        }
        for edge in heap.nodes.edges(node) {
            let is_way = match heap.edges.kind(edge) {
                EdgeKind::Context | EdgeKind::Element => true,
                EdgeKind::Property => {
                    !heap.edge_is_named(edge, "__proto__") && !heap.edge_is_named(edge, "constructor")
                }
                EdgeKind::Internal => {
                    let is_suspended = || heap.nodes.kind(heap.edges.target(edge)) == NodeKind::OBJECT;
                    WAYS.iter().any(|way| heap.edge_is_named(edge, way))
                        || heap.edge_is_named(edge, SUSPENDED) && is_suspended()
                }
                // From the function that settles a promise to the promise,
                // and from what waits at a promise to who that is.
                EdgeKind::Hidden => HIDDEN_WAYS.iter().any(|name| heap.node_is_named(node, name)),
                _ => false,
            };
            let target = heap.edges.target(edge);
            if is_way && seen.len() < MOST_NODES && is_followed(heap, target) && seen.insert(target) {
                open.push_back((target, steps + 1));
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
        && !is_of_script(heap, node)
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
