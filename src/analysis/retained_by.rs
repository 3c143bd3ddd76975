//! What would be free but for nodes of some kind: DevTools' filters "Objects retained by …".
//!
//! A search from the root over edges that are not weak, which does not enter such nodes (of the console: does not take its
//! edges); what it does not reach, but the distances do, is retained by them. `O(nodes + edges)`; two bits a node and 4
//! bytes for each that waits. Source: DevTools `HeapSnapshot.ts` (`createNamedFilter`).

use super::display::raw_name;
use crate::cancel::CancelToken;
use crate::error::Result;
use crate::graph::bitset::Bitset;
use crate::graph::{Distances, Snapshot, leading_integer};
use crate::snapshot::{EdgeKind, EdgeLabel, Heap, NodeIndex, NodeKind};

/// The kinds of nodes that retain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    /// Scopes that functions have left: `system / Context`.
    Contexts,
    /// Nodes cut off from their tree.
    DetachedNodes,
    /// Handlers of a page's events. Node.js has no such handlers; its listeners are [`Holder::Listeners`].
    EventHandlers,
    /// What somebody typed into DevTools' console.
    Console,
    /// Listeners of Node's and libraries' emitters: leakscan's own, by the same search.
    Listeners,
}

/// Nodes with this name hold the handlers of a page's events.
const EVENT_LISTENER: &str = "V8EventListener";
/// Edges of this name hold globals that the console keeps.
const CONSOLE: &str = " / DevTools console";

/// The nodes that `holder` retains; `listeners` are those of emitters.
pub fn retained_by(snapshot: &Snapshot, holder: Holder, listeners: &Bitset, cancel: &CancelToken) -> Result<Bitset> {
    let Snapshot { heap, graph } = snapshot;
    let reached = match holder {
        Holder::Contexts => {
            let is_context = context_names(heap);
            let is_scope =
                |node| is_context.contains(heap.nodes.name(node).at()) && !graph.detachedness.is_renamed(node);
            reach(heap, |_, edge| !is_scope(heap.edges.target(edge)), cancel)?
        }
        Holder::DetachedNodes => reach(heap, |_, edge| graph.detachedness.state(heap.edges.target(edge)) != 2, cancel)?,
        Holder::EventHandlers => {
            let handlers = event_handlers(snapshot, cancel)?;
            reach(heap, |_, edge| !handlers.contains(heap.edges.target(edge).at()), cancel)?
        }
        Holder::Console => reach(heap, |source, edge| !is_of_console(heap, source, edge), cancel)?,
        Holder::Listeners => reach(heap, |_, edge| !listeners.contains(heap.edges.target(edge).at()), cancel)?,
    };
    let mut retained = Bitset::new(heap.nodes.len());
    for node in heap.nodes.indices() {
        if !reached.contains(node.at()) && graph.distances.raw(node) != Distances::NONE {
            retained.insert(node.at());
        }
    }
    Ok(retained)
}

/// What is reached from the root over edges that are not weak and that `is_taken`.
fn reach(heap: &Heap, is_taken: impl Fn(NodeIndex, usize) -> bool, cancel: &CancelToken) -> Result<Bitset> {
    let mut reached = Bitset::new(heap.nodes.len());
    reached.insert(NodeIndex::ROOT.at());
    let mut pending = vec![NodeIndex::ROOT];
    let mut steps = 0usize;
    while let Some(node) = pending.pop() {
        for edge in heap.nodes.edges(node) {
            steps += 1;
            if steps.is_multiple_of(CancelToken::STRIDE) {
                cancel.check()?;
            }
            let (target, kind) = heap.edges.target_and_kind(edge);
            if kind != EdgeKind::Weak && !reached.contains(target.at()) && is_taken(node, edge) {
                reached.insert(target.at());
                pending.push(target);
            }
        }
    }
    Ok(reached)
}

/// The strings that are names of scopes.
fn context_names(heap: &Heap) -> Bitset {
    let mut names = Bitset::new(heap.strings.len());
    for string in heap.strings.indices() {
        if heap.strings.is(string, "system / Context") || heap.strings.starts_with(string, "system / Context / ") {
            names.insert(string.at());
        }
    }
    names
}

fn is_of_console(heap: &Heap, source: NodeIndex, edge: usize) -> bool {
    if heap.nodes.kind(source) != NodeKind::SYNTHETIC {
        return false;
    }
    let Some(name) = heap.edges.name(edge).map(|name| heap.strings.text(name)) else { return false };
    let is_number = heap.edges.kind(edge) == EdgeKind::Shortcut && !leading_integer(&name).is_nan();
    !is_number && name.to_str().ends_with(CONSOLE)
}

/// The functions that page events call: what an event listener's first field holds, or the first function below it.
fn event_handlers(snapshot: &Snapshot, cancel: &CancelToken) -> Result<Bitset> {
    let heap = &snapshot.heap;
    let mut handlers = Bitset::new(heap.nodes.len());
    let listeners: Vec<_> = heap.strings.find_all(&[EVENT_LISTENER]).into_iter().map(|(name, _)| name).collect();
    if listeners.is_empty() {
        return Ok(handlers);
    }
    let is_function = |node| edge_called(heap, node, "code").is_some();
    for node in heap.nodes.indices() {
        if node.at().is_multiple_of(CancelToken::STRIDE) {
            cancel.check()?;
        }
        if !listeners.contains(&heap.nodes.name(node)) || raw_name(snapshot, node) != EVENT_LISTENER {
            continue;
        }
        let Some(callback) = edge_called(heap, node, "1") else { continue };
        let mut children = heap.nodes.edges(callback).map(|edge| heap.edges.target(edge));
        let handler = match is_function(callback) {
            true => callback,
            false => children.find(|&child| is_function(child)).unwrap_or(callback),
        };
        handlers.insert(handler.at());
    }
    Ok(handlers)
}

/// The target of the first edge, of whatever kind, that DevTools calls `name`.
fn edge_called(heap: &Heap, node: NodeIndex, name: &str) -> Option<NodeIndex> {
    let is_called = |edge: usize| match heap.edges.label(edge) {
        EdgeLabel::Number(number) => number.to_string() == name,
        EdgeLabel::Name(text) if heap.edges.kind(edge) == EdgeKind::Shortcut => {
            let text = heap.strings.text(text);
            let number = leading_integer(&text);
            if number.is_nan() { text == *name } else { number.to_string() == name }
        }
        EdgeLabel::Name(text) => heap.strings.is(text, name),
    };
    heap.nodes.edges(node).find(|&edge| is_called(edge)).map(|edge| heap.edges.target(edge))
}
