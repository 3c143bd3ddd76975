//! Reads the reactions that wait on pending promises, and who waits.
//!
//! A pending promise holds a chain of its reactions, the newest first: Promise `-reactions_or_result->` PromiseReaction
//! `-hidden->` PromiseReaction …; a settled promise holds its value instead. A reaction holds what to call and the promise
//! that is to be settled with the answer. What is called is a function of the program (`then`), or one of V8's: of `await`,
//! whose scope holds the suspended call as its `extension` (a generator with its function); of `finally`, whose scope holds
//! the function; of `Promise.race` and of promises that follow promises, whose scope holds the promise to settle; of
//! `Promise.all` and the like, whose scope holds a capability. Where V8 or Node waits itself, those who wait for *it* tell.
//!
//! `O(strings + n)` to find them, `O(1)` a reaction for who waits.
//! Seen in Node 20 to 26. Source: V8 `src/objects/promise.tq`, `src/builtins/promise-*.tq`, `promise-finally.tq`.

use rustc_hash::FxHashSet;

use crate::analysis::node_ref::Describer;
use crate::analysis::scripts::SourceLocation;
use crate::cancel::CancelToken;
use crate::causes::instances::Instances;
use crate::error::Result;
use crate::snapshot::{EdgeIndex, EdgeKind, Heap, NodeIndex, NodeKind};

/// What a reaction is called.
const REACTION: &str = "system / PromiseReaction";
/// A promise of another class than `Promise` is settled through one.
const CAPABILITY: &str = "system / PromiseCapability";
/// Who waits for whom is followed so far, until it is somebody of the program.
const MOST_HOPS: usize = 16;
/// How many `bind`s may stand between a reaction and the function that someone wrote.
const MOST_BINDS: usize = 16;
/// Where code is that the program did not write itself.
const FOREIGN: [&str; 2] = ["node:", "/node_modules/"];

/// The reactions of one pending promise.
pub(super) struct Chain {
    /// The promise.
    pub(super) promise: NodeIndex,
    /// The edges from the promise to each reaction, the newest first.
    pub(super) way: Vec<EdgeIndex>,
}

impl Chain {
    /// The reactions, the newest first.
    pub(super) fn reactions<'a>(&'a self, heap: &'a Heap) -> impl Iterator<Item = NodeIndex> + 'a {
        self.way.iter().map(|edge| heap.edges.target(edge.at()))
    }
}

/// What waits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) enum WaiterKind {
    /// A function given to `then`, `catch` or `finally`.
    Callback,
    /// A suspended call of an async function or generator.
    Call,
    /// `Promise.race`, or a promise that was resolved with the one that is pending.
    Race,
    /// `Promise.all`, `allSettled` or `any`.
    Combination,
}

/// Who waits: all reactions of one make have the same.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Waiter {
    pub(super) kind: WaiterKind,
    /// The function of the program that waits, perhaps for somebody who waits here; by its SharedFunctionInfo.
    pub(super) function: Option<(NodeIndex, SourceLocation)>,
    /// Somebody else's function that waits here for it.
    pub(super) library: Option<SourceLocation>,
}

/// All chains of pending promises, in file order.
pub(super) fn read(instances: &Instances<'_>, cancel: &CancelToken) -> Result<Vec<Chain>> {
    let snapshot = instances.snapshot;
    let heap = &snapshot.heap;
    let mut chains = Vec::new();
    let mut seen = FxHashSet::default();
    for first in instances.hidden(REACTION) {
        let is_first = |&(edge, source): &(EdgeIndex, NodeIndex)| {
            heap.edges.kind(edge.at()) == EdgeKind::Internal
                && heap.edge_is_named(edge.at(), "reactions_or_result")
                && heap.nodes.kind(source) == NodeKind::OBJECT
        };
        let Some((edge, promise)) = snapshot.graph.retainers.of(&heap.nodes, first).find(is_first) else { continue };
        let mut way = Vec::new();
        let mut next = Some(edge);
        while let Some(edge) = next
            && seen.insert(heap.edges.target(edge.at()))
        {
            if way.len() % 4096 == 4095 {
                cancel.check()?;
            }
            way.push(edge);
            next = hidden(heap, heap.edges.target(edge.at()))
                .find(|&edge| is_reaction(heap, heap.edges.target(edge.at())));
        }
        if !way.is_empty() {
            chains.push(Chain { promise, way });
        }
    }
    Ok(chains)
}

fn is_reaction(heap: &Heap, node: NodeIndex) -> bool {
    heap.nodes.kind(node) == NodeKind::HIDDEN && heap.node_is_named(node, REACTION)
}

fn hidden(heap: &Heap, node: NodeIndex) -> impl Iterator<Item = EdgeIndex> + '_ {
    let edges = heap.nodes.edges(node).filter(|&edge| heap.edges.kind(edge) == EdgeKind::Hidden);
    edges.map(|edge| EdgeIndex(edge as u32))
}

fn hidden_targets(heap: &Heap, node: NodeIndex) -> impl Iterator<Item = NodeIndex> + '_ {
    hidden(heap, node).map(|edge| heap.edges.target(edge.at()))
}

/// What stands behind one reaction.
struct Link {
    kind: WaiterKind,
    /// A function that somebody wrote.
    function: Option<NodeIndex>,
    /// The promise that its answer settles.
    promise: Option<NodeIndex>,
}

/// Who waits.
pub(super) fn waiter(describer: &Describer<'_>, reaction: NodeIndex) -> Waiter {
    let heap = &describer.snapshot().heap;
    let mut waiter: Option<Waiter> = None;
    let mut at = reaction;
    for _ in 0..MOST_HOPS {
        let link = link(describer, at);
        let waiter = waiter.get_or_insert(Waiter { kind: link.kind, function: None, library: None });
        if let Some(function) = link.function
            && let Some(location) = describer.location(function)
        {
            if !is_foreign(&location) {
                if let Some(shared) = heap.follow(function, EdgeKind::Internal, "shared") {
                    waiter.function = Some((shared, location));
                }
                break;
            }
            waiter.library.get_or_insert(location);
        }
        let next = link.promise.and_then(|promise| heap.follow(promise, EdgeKind::Internal, "reactions_or_result"));
        match next.filter(|&next| is_reaction(heap, next)) {
            Some(next) => at = next,
            None => break,
        }
    }
    waiter.unwrap_or(Waiter { kind: WaiterKind::Race, function: None, library: None })
}

/// Whether a place is Node's or a package's.
fn is_foreign(location: &SourceLocation) -> bool {
    let url = location.url.to_str().replace('\\', "/");
    url.starts_with(FOREIGN[0]) || url.contains(FOREIGN[1])
}

fn link(describer: &Describer<'_>, reaction: NodeIndex) -> Link {
    let heap = &describer.snapshot().heap;
    let answer = hidden_targets(heap, reaction).find_map(|node| promise_of(heap, node));
    let handlers: Vec<NodeIndex> =
        hidden_targets(heap, reaction).filter(|&node| heap.nodes.kind(node) == NodeKind::CLOSURE).collect();
    for &handler in &handlers {
        let function = unbound(heap, handler);
        if describer.location(function).is_some() {
            return Link { kind: WaiterKind::Callback, function: Some(function), promise: answer };
        }
        let Some(scope) = heap.follow(handler, EdgeKind::Internal, "context") else { continue };
        let call = heap.follow(scope, EdgeKind::Internal, "extension");
        if let Some(call) = call
            && let Some(function) = heap.follow(call, EdgeKind::Internal, "function")
        {
            let promise = hidden_targets(heap, call).find_map(|node| promise_of(heap, node));
            return Link { kind: WaiterKind::Call, function: Some(function), promise };
        }
        let function = hidden_targets(heap, scope)
            .filter(|&node| heap.nodes.kind(node) == NodeKind::CLOSURE)
            .map(|node| unbound(heap, node))
            .find(|&node| describer.location(node).is_some());
        if function.is_some() {
            return Link { kind: WaiterKind::Callback, function, promise: answer };
        }
    }
    // V8's own, one of which may hold the promise to settle directly, as `race` does, or by a capability.
    let scopes = || handlers.iter().filter_map(|&handler| heap.follow(handler, EdgeKind::Internal, "context"));
    let settled = || scopes().flat_map(|scope| hidden_targets(heap, scope));
    let is_capability = |node: NodeIndex| heap.node_is_named(node, CAPABILITY);
    match settled().find(|&node| is_capability(node)) {
        Some(capability) => {
            Link { kind: WaiterKind::Combination, function: None, promise: promise_of(heap, capability) }
        }
        None => {
            let promise = settled().find_map(|node| promise_of(heap, node)).or(answer);
            Link { kind: WaiterKind::Race, function: None, promise }
        }
    }
}

/// The promise, or that of a capability or of a request to an async generator.
fn promise_of(heap: &Heap, node: NodeIndex) -> Option<NodeIndex> {
    const HOLDERS: [&str; 2] = [CAPABILITY, "system / AsyncGeneratorRequest"];
    if is_promise(heap, node) {
        return Some(node);
    }
    let holds = heap.nodes.kind(node) == NodeKind::HIDDEN && HOLDERS.iter().any(|name| heap.node_is_named(node, name));
    let targets = heap.nodes.edges(node).map(|edge| heap.edges.target(edge));
    holds.then(|| targets.into_iter().find(|&target| is_promise(heap, target)))?
}

fn is_promise(heap: &Heap, node: NodeIndex) -> bool {
    heap.nodes.kind(node) == NodeKind::OBJECT && heap.node_is_named(node, "Promise")
}

fn unbound(heap: &Heap, mut function: NodeIndex) -> NodeIndex {
    for _ in 0..MOST_BINDS {
        match heap.follow(function, EdgeKind::Internal, "bound_function") {
            Some(inner) if heap.nodes.kind(inner) == NodeKind::CLOSURE => function = inner,
            _ => break,
        }
    }
    function
}
