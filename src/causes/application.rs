//! The application's part in a leak that a library's, or Node's, own function stands for: `events.once`, a queue, a cache of a
//! package. Nobody mends those; people want the line of theirs that is behind it.
//!
//! For what is called later (listeners, timers, promises) that is the nearest function of the application that one of them
//! keeps: the `async` function that waits, the callback that is handed on; if there is none, a new one in the Maps and Sets that
//! it keeps, or the class of an object. For what holds things (collections) it is such a
//! function very near to what is held, as a package's list of callbacks has them, else the nearest one on the way from the root
//! that sees the holder, or that has something on that way in a variable. The library's place stays, as `libraryFrame`, and
//! the signature is of it: which application function is nearest may differ from heap to heap, the library's function does not.
//! `O(path)`, and at most [`MOST_NODES`] nodes of what is kept.

use std::collections::VecDeque;

use rustc_hash::FxHashSet;

use super::case::{Case, Claim};
use super::collections::{self, CollectionKind};
use super::finding::{Evidence, Finding};
use super::{holder, makers, uses};
use crate::analysis::node_ref::{Describer, PathStep};
use crate::analysis::paths;
use crate::analysis::places;
use crate::analysis::scripts::SourceLocation;
use crate::cancel::CancelToken;
use crate::error::Result;
use crate::graph::Snapshot;
use crate::snapshot::{EdgeIndex, EdgeKind, Heap, NodeIndex, NodeKind, StringIndex};

/// At most so many nodes are looked at.
const MOST_NODES: usize = 1 << 12;
/// What a collection holds is asked for functions so many references away.
const NEAR_STEPS: usize = 8;
/// A scope with more variables is that of a whole script, which leads to everything in it.
const MOST_VARIABLES: usize = 40;
/// So many references to something on the way are looked at.
const MOST_RETAINERS: usize = 64;
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
    "bindings",
    "reactions_or_result",
    "promise_or_capability",
    "function",
    "next",
];

/// What V8 calls the array of what was bound to a function.
const BOUND: &str = "(bound arguments)";
/// And from the scope of what goes on when a promise is settled to the call that waits for it.
const SUSPENDED: &str = "extension";
/// Whose parts have numbers instead of names.
const HIDDEN_WAYS: [&str; 4] = ["system / Context", "system / PromiseReaction", "system / PromiseCapability", REQUEST];
/// What an async generator has for each call of its `next`, which tells who waits for it.
const REQUEST: &str = "system / AsyncGeneratorRequest";

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
        // The things themselves, not the list that holds them.
        let heap = &describer.snapshot().heap;
        let is_list = |node| matches!(collections::kind(heap, node), Some(CollectionKind::Array | CollectionKind::Set));
        let mut things: Vec<NodeIndex> = claim.explains.iter().copied().filter(|&node| !is_list(node)).collect();
        if things.iter().any(|&thing| case.is_new(thing)) {
            things.retain(|&thing| case.is_new(thing));
        }
        let kept_by = |&top: &NodeIndex| new_of(case, top).or_else(|| new_in_collections(case, top));
        things.get(things.len() / 2).and_then(kept_by)
    } else {
        let last = claim.explains.first().and_then(|&node| last_held(&describer.snapshot().heap, node));
        match last.and_then(|last| new_near(case, last).or_else(|| handed_on(&describer, last, NEAR_STEPS))) {
            None if is_of_library => on_the_way(&describer, &claim.finding, cancel)?,
            found => found,
        }
    };
    let Some(found) = found else { return Ok(()) };
    let for_place = format!(" for {}", places::place(&found));
    let frame = relocate(&mut claim.finding, found);
    if frame.is_some_and(|frame| claim.finding.title.ends_with(&frame)) {
        claim.finding.title.push_str(&for_place);
    }
    Ok(())
}

/// Gives the finding a place of the application; the one that it had stays as evidence, and is given back.
pub(super) fn relocate(finding: &mut Finding, place: SourceLocation) -> Option<String> {
    let frame = finding.location.replace(place).map(|library| places::place(&library))?;
    finding.evidence.insert("libraryFrame", Evidence::Text(frame.clone()));
    Some(frame)
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

/// The nearest function of the application that `top` keeps, such as the one that waits for it.
pub(super) fn waiting(describer: &Describer<'_>, top: NodeIndex) -> Option<SourceLocation> {
    handed_on(describer, top, usize::MAX)
}

/// The same, over so many references.
fn handed_on(describer: &Describer<'_>, top: NodeIndex, most_steps: usize) -> Option<SourceLocation> {
    let heap = &describer.snapshot().heap;
    kept(describer, top, most_steps, &|from, edge| is_way(heap, from, edge), &|node| is_function(heap, node))
}

/// The same; from something new only through what is new, as what is old has others of its kind.
fn new_of(case: &Case<'_>, top: NodeIndex) -> Option<SourceLocation> {
    let heap = &case.after.heap;
    let is_way = |from, edge| is_way(heap, from, edge) && !(case.is_new(top) && case.is_old(from));
    kept(&case.describer(), top, usize::MAX, &is_way, &|node| is_function(heap, node))
}

/// The nearest new function that something new keeps: what is old, others of its kind keep as well.
fn new_near(case: &Case<'_>, top: NodeIndex) -> Option<SourceLocation> {
    let heap = &case.after.heap;
    let is_told = |node| is_function(heap, node) && case.is_new(node);
    let is_way = |from, edge| is_way(heap, from, edge) && case.is_new(from);
    kept(&case.describer(), top, NEAR_STEPS, &is_way, &is_told)
}

/// The nearest new function that `top` keeps, where it may also be in a Map or a Set, or the nearest new object of a class.
fn new_in_collections(case: &Case<'_>, top: NodeIndex) -> Option<SourceLocation> {
    let heap = &case.after.heap;
    let is_entry = |from, edge| {
        heap.edges.kind(edge) == EdgeKind::Internal
            && (heap.nodes.kind(from) == NodeKind::ARRAY || heap.edge_is_named(edge, "table"))
    };
    let is_way = |from, edge| (is_way(heap, from, edge) || is_entry(from, edge)) && !case.is_old(from);
    let describer = case.describer();
    let of = |is_told: &dyn Fn(NodeIndex) -> bool| kept(&describer, top, usize::MAX, &is_way, is_told);
    of(&|node| is_function(heap, node) && case.is_new(node)).or_else(|| of(&|node| case.is_new(node)))
}

/// The place of the nearest node of the application that `top` keeps and that is to be told, over so many references.
fn kept(
    describer: &Describer<'_>,
    top: NodeIndex,
    most_steps: usize,
    is_way: &dyn Fn(NodeIndex, usize) -> bool,
    is_told: &dyn Fn(NodeIndex) -> bool,
) -> Option<SourceLocation> {
    let heap = &describer.snapshot().heap;
    let mut seen = FxHashSet::from_iter([top]);
    let mut open = VecDeque::from([(top, 0)]);
    while let Some((node, steps)) = open.pop_front() {
        if is_told(node)
            && let Some(place) = place_of(describer, node)
        {
            return Some(place);
        }
        if steps == most_steps {
            continue;
        }
        for edge in heap.nodes.edges(node) {
            let target = heap.edges.target(edge);
            if is_way(node, edge) && seen.len() < MOST_NODES && is_followed(heap, target) && seen.insert(target) {
                open.push_back((target, steps + 1));
            }
        }
    }
    None
}

fn is_function(heap: &Heap, node: NodeIndex) -> bool {
    heap.nodes.kind(node) == NodeKind::CLOSURE
}

/// Whether an edge leads to what a function, a promise or an object is for.
fn is_way(heap: &Heap, from: NodeIndex, edge: usize) -> bool {
    match heap.edges.kind(edge) {
        EdgeKind::Context | EdgeKind::Element => true,
        EdgeKind::Property => !heap.edge_is_named(edge, "__proto__") && !heap.edge_is_named(edge, "constructor"),
        EdgeKind::Internal => {
            let is_suspended = || heap.nodes.kind(heap.edges.target(edge)) == NodeKind::OBJECT;
            WAYS.iter().any(|way| heap.edge_is_named(edge, way))
                || heap.node_is_named(from, BOUND)
                || heap.edge_is_named(edge, SUSPENDED) && is_suspended()
        }
        // From the function that settles a promise to the promise, from what waits at a promise to who that is, and from an
        // async generator to who waits for it.
        EdgeKind::Hidden => {
            HIDDEN_WAYS.iter().any(|name| heap.node_is_named(from, name))
                || heap.node_is_named(heap.edges.target(edge), REQUEST)
        }
        _ => false,
    }
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
    let heap = &describer.snapshot().heap;
    // What everything leads to ends what tells of the owner.
    let steps = (0..path.len()).rev().map(|at| (at, heap.edges.target(path[at].at())));
    steps.take_while(|&(_, node)| is_followed(heap, node) || is_scope(heap, node)).find_map(|(at, node)| {
        if is_scope(heap, node) {
            let variable = path.get(at + 1).and_then(|next| heap.edges.name(next.at()));
            return user(describer, node, variable);
        }
        place_of(describer, node).or_else(|| named_by(describer, node))
    })
}

fn is_scope(heap: &Heap, node: NodeIndex) -> bool {
    heap.node_is_named(node, "system / Context")
}

/// The function of the application that has the node in a variable, if those who have it are of one script.
fn named_by(describer: &Describer<'_>, node: NodeIndex) -> Option<SourceLocation> {
    let Snapshot { heap, graph } = describer.snapshot();
    let retainers = graph.retainers.of(&heap.nodes, node).take(MOST_RETAINERS);
    let scopes =
        retainers.filter(|&(edge, from)| heap.edges.kind(edge.at()) == EdgeKind::Context && is_scope(heap, from));
    let mut places = scopes.filter_map(|(edge, scope)| user(describer, scope, heap.edges.name(edge.at())));
    let first = places.next()?;
    places.all(|place| place.url == first.url).then_some(first)
}

/// The function of the application that sees the variable: the first in the source of those that name it, or else of all.
fn user(describer: &Describer<'_>, scope: NodeIndex, variable: Option<StringIndex>) -> Option<SourceLocation> {
    let heap = &describer.snapshot().heap;
    let name = variable.map(|name| heap.strings.text(name).to_string());
    let names =
        |function| name.as_ref().is_some_and(|name| uses::called(heap, function).iter().any(|it| it.contains(name)));
    let functions = holder::functions(describer, scope).into_iter();
    let places = functions.filter_map(|function| Some((function, place_of(describer, function)?)));
    places
        .filter(|(_, place)| !makers::is_of_module(place))
        .min_by_key(|(function, place)| (!names(*function), place.line, place.column))
        .map(|(_, place)| place)
}
