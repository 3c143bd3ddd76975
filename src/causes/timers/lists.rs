//! Reads the timers that wait: those that Node has linked into one of its lists, with a callback yet to be called.
//!
//! Node keeps a list per delay, and two for immediates. A timer that was cleared has lost its callback, one that has fired is
//! marked as destroyed; both may be linked still, and neither counts. `O(strings + n)` to find the lists, then only what
//! is linked. Source: Node `lib/internal/timers.js`, `lib/internal/linkedlist.js`, `lib/timers.js`.

use rustc_hash::FxHashSet;

use crate::cancel::CancelToken;
use crate::causes::instances::Instances;
use crate::causes::oddballs;
use crate::error::Result;
use crate::graph::Snapshot;
use crate::snapshot::{EdgeIndex, EdgeKind, EdgeLabel, Heap, NodeIndex, NodeKind};

/// How many `bind`s may stand between a timer and the function that someone wrote.
const MOST_BINDS: usize = 16;

/// What a list of timers looks like.
#[derive(Debug)]
struct ListPattern {
    /// The versions that have such lists.
    node: &'static str,
    /// Class of the list.
    class: &'static str,
    /// What leads from the list to the timer that comes first.
    first: &'static str,
    /// What leads from there to the next one, and at last to the list itself or to `null`.
    next: &'static str,
    /// What the timer calls.
    callback: &'static str,
    /// `null` in what is called once; of an interval a number, for which V8 writes no edge. Empty where all are immediates.
    repeat: &'static str,
}

/// All known lists.
const PATTERNS: &[ListPattern] = &[
    ListPattern {
        node: "Node 11-26",
        class: "TimersList",
        first: "_idlePrev",
        next: "_idlePrev",
        callback: "_onTimeout",
        repeat: "_repeat",
    },
    ListPattern {
        node: "Node 10-26",
        class: "ImmediateList",
        first: "head",
        next: "_idleNext",
        callback: "_onImmediate",
        repeat: "",
    },
];

/// Marks a timer that has fired or was cleared.
const DESTROYED: &str = "_destroyed";

/// What was called to make the timer.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum TimerKind {
    /// `setInterval`.
    Interval,
    /// `setTimeout`.
    Timeout,
    /// `setImmediate`.
    Immediate,
}

/// A timer that waits.
pub(super) struct Timer {
    /// Node's `Timeout` or `Immediate`.
    pub(super) node: NodeIndex,
    /// What made it.
    pub(super) kind: TimerKind,
    /// The function that someone wrote, behind `bind`.
    pub(super) function: NodeIndex,
    /// How many steps along the list lead to it.
    pub(super) steps: usize,
    /// Bytes freed with it.
    pub(super) retained_size: u64,
}

/// A list of timers.
pub(super) struct List {
    /// The object.
    pub(super) node: NodeIndex,
    /// The delay of all its timers, in milliseconds, if the snapshot tells.
    pub(super) delay_ms: Option<u32>,
    /// The way along the list.
    pub(super) way: Vec<EdgeIndex>,
    /// Those that wait, in the order in which they are due.
    pub(super) timers: Vec<Timer>,
    /// Which versions of Node have such lists.
    pub(super) versions: &'static str,
}

/// All lists with timers that wait, in file order.
pub(super) fn read(instances: &Instances<'_>, cancel: &CancelToken) -> Result<Vec<List>> {
    let snapshot = instances.snapshot;
    let heap = &snapshot.heap;
    let classes: Vec<&str> = PATTERNS.iter().map(|pattern| pattern.class).collect();
    let mut lists = Vec::new();
    for (node, at) in instances.objects(&classes) {
        let pattern = &PATTERNS[at];
        let way = way(heap, pattern, node, cancel)?;
        let timers: Vec<Timer> =
            way.iter().enumerate().filter_map(|(at, &edge)| timer(snapshot, pattern, at + 1, edge)).collect();
        if !timers.is_empty() {
            lists.push(List { node, delay_ms: delay_ms(snapshot, node), way, timers, versions: pattern.node });
        }
    }
    Ok(lists)
}

/// The edges from timer to timer, until the list ends or comes back to itself.
fn way(heap: &Heap, pattern: &ListPattern, list: NodeIndex, cancel: &CancelToken) -> Result<Vec<EdgeIndex>> {
    let mut seen = FxHashSet::from_iter([list]);
    let mut way = Vec::new();
    let (mut at, mut name) = (list, pattern.first);
    while let Some(edge) = property(heap, at, name)
        && heap.nodes.kind(heap.edges.target(edge)) == NodeKind::OBJECT
        && seen.insert(heap.edges.target(edge))
    {
        if way.len() % 4096 == 4095 {
            cancel.check()?;
        }
        way.push(EdgeIndex(edge as u32));
        (at, name) = (heap.edges.target(edge), pattern.next);
    }
    Ok(way)
}

/// The timer that an edge leads to, if it waits.
fn timer(snapshot: &Snapshot, pattern: &ListPattern, steps: usize, edge: EdgeIndex) -> Option<Timer> {
    let heap = &snapshot.heap;
    let node = heap.edges.target(edge.at());
    let field = |name| property(heap, node, name).map(|edge| heap.edges.target(edge));
    let mut function = field(pattern.callback).filter(|&it| heap.nodes.kind(it) == NodeKind::CLOSURE)?;
    if field(DESTROYED).is_some_and(|it| oddballs::is_true(heap, it)) {
        return None;
    }
    for _ in 0..MOST_BINDS {
        match heap.follow(function, EdgeKind::Internal, "bound_function") {
            Some(inner) if heap.nodes.kind(inner) == NodeKind::CLOSURE => function = inner,
            _ => break,
        }
    }
    let kind = match pattern.repeat {
        "" => TimerKind::Immediate,
        repeat if field(repeat).is_some_and(|it| oddballs::is_null(heap, it)) => TimerKind::Timeout,
        _ => TimerKind::Interval,
    };
    Some(Timer { node, kind, function, steps, retained_size: snapshot.graph.dominators.retained_size(node) })
}

fn property(heap: &Heap, node: NodeIndex, name: &str) -> Option<usize> {
    heap.nodes.edges(node).find(|&edge| heap.edges.kind(edge) == EdgeKind::Property && heap.edge_is_named(edge, name))
}

/// Node finds a list by its delay: the list is that element of an object. (It is an element of the queue of lists, too.)
fn delay_ms(snapshot: &Snapshot, list: NodeIndex) -> Option<u32> {
    let heap = &snapshot.heap;
    snapshot
        .graph
        .retainers
        .of(&heap.nodes, list)
        .filter(|&(edge, source)| {
            heap.edges.kind(edge.at()) == EdgeKind::Element && heap.node_is_named(source, "Object")
        })
        .find_map(|(edge, _)| match heap.edges.label(edge.at()) {
            EdgeLabel::Number(ms) => Some(ms),
            EdgeLabel::Name(_) => None,
        })
}
