//! Reads the open handles of a heap: objects of Node's whose native half is there, exactly as many as there are.
//!
//! A handle that was closed has lost its native half, and so the object is no handle any more, whoever keeps it.
//! `O(strings + n)` for the search, then only retainers of the native halves.

use super::patterns::{HandlePattern, IDLE, OPEN_PORT, PATTERNS};
use crate::cancel::CancelToken;
use crate::causes::instances::Instances;
use crate::causes::oddballs;
use crate::error::Result;
use crate::graph::Snapshot;
use crate::snapshot::{EdgeKind, Heap, NodeIndex, NodeKind};

/// An open handle.
pub(super) struct Handle {
    /// The object that programs know.
    pub(super) node: NodeIndex,
    /// Its native half.
    pub(super) native: NodeIndex,
    /// What it is: position in [`PATTERNS`].
    pub(super) pattern: usize,
    /// The HTTP agent that keeps it for the next request.
    pub(super) agent: Option<NodeIndex>,
}

impl Handle {
    pub(super) fn pattern(&self) -> &'static HandlePattern {
        &PATTERNS[self.pattern]
    }
}

/// All open handles, in file order of their native halves.
pub(super) fn read(instances: &Instances<'_>, cancel: &CancelToken) -> Result<Vec<Handle>> {
    let snapshot = instances.snapshot;
    let mut classes: Vec<&str> = PATTERNS.iter().flat_map(|pattern| pattern.native.iter().copied()).collect();
    classes.sort_unstable();
    classes.dedup();
    let mut handles = Vec::new();
    for (at, (native, class)) in instances.objects(&classes).into_iter().enumerate() {
        if at % 1024 == 1023 {
            cancel.check()?;
        }
        handles.extend(handle(snapshot, native, classes[class]));
    }
    Ok(handles)
}

/// The handle whose native half an object of that class is.
fn handle(snapshot: &Snapshot, native: NodeIndex, class: &str) -> Option<Handle> {
    let heap = &snapshot.heap;
    let of_class = PATTERNS.iter().enumerate().filter(|(_, pattern)| pattern.native.contains(&class));
    for (at, pattern) in of_class {
        if let Some(node) = known(snapshot, native, pattern.way).filter(|&node| fits(heap, node, pattern)) {
            let agent = idle_in(snapshot, node);
            return Some(Handle { node, native, pattern: at, agent });
        }
    }
    None
}

/// The object that programs know: what leads to the native half by the way.
fn known(snapshot: &Snapshot, native: NodeIndex, way: &[&str]) -> Option<NodeIndex> {
    if way.is_empty() {
        return is_open_port(snapshot, native).then_some(native);
    }
    way.iter().rev().try_fold(native, |node, name| retainer(snapshot, node, name))
}

/// What holds `node` in the property `name`.
fn retainer(snapshot: &Snapshot, node: NodeIndex, name: &str) -> Option<NodeIndex> {
    let heap = &snapshot.heap;
    let mut retainers = snapshot.graph.retainers.of(&heap.nodes, node);
    let is_it = |edge: usize| heap.edges.kind(edge) == EdgeKind::Property && heap.edge_is_named(edge, name);
    retainers.find(|&(edge, source)| is_it(edge.at()) && heap.nodes.kind(source) == NodeKind::OBJECT).map(|it| it.1)
}

fn fits(heap: &Heap, node: NodeIndex, pattern: &HandlePattern) -> bool {
    let property = |name| heap.follow(node, EdgeKind::Property, name);
    let is_open =
        pattern.null_while_open.is_none_or(|name| property(name).is_none_or(|value| oddballs::is_null(heap, value)));
    let is_used_so = pattern.with.is_none_or(|(name, class)| {
        property(name).is_some_and(|value| {
            heap.nodes.kind(value) == NodeKind::OBJECT && (class.is_empty() || heap.node_is_named(value, class))
        })
    });
    is_open && is_used_so
}

/// Whether a MessagePort is open, and one by itself: those of workers and channels are parts of these.
fn is_open_port(snapshot: &Snapshot, port: NodeIndex) -> bool {
    const OWNERS: [&str; 4] = ["<symbol kPort>", "<symbol kPublicPort>", "<symbol kHandle>", "<symbol kParentPort>"];
    let heap = &snapshot.heap;
    let (edge, class) = OPEN_PORT;
    heap.follow(port, EdgeKind::Internal, edge).is_some_and(|native| heap.node_is_named(native, class))
        && OWNERS.iter().all(|owner| retainer(snapshot, port, owner).is_none())
}

/// The agent in whose pool of idle sockets the socket is.
fn idle_in(snapshot: &Snapshot, socket: NodeIndex) -> Option<NodeIndex> {
    let heap = &snapshot.heap;
    let arrays = snapshot.graph.retainers.of(&heap.nodes, socket).filter(|&(edge, source)| {
        heap.edges.kind(edge.at()) == EdgeKind::Element && heap.node_is_named(source, "Array")
    });
    arrays.into_iter().find_map(|(_, array)| {
        let hosts = snapshot.graph.retainers.of(&heap.nodes, array);
        let mut hosts = hosts.filter(|&(edge, _)| heap.edges.kind(edge.at()) == EdgeKind::Property);
        hosts.find_map(|(_, host)| retainer(snapshot, host, IDLE))
    })
}
