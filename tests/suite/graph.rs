//! The graph's passes against naive definitions of the same facts, every node of thousands of random snapshots; and the
//! shapes that make simple algorithms quadratic or overflow the stack.

use leakscan::cancel::CancelToken;
use leakscan::graph::Snapshot;
use leakscan::progress::Progress;
use leakscan::snapshot::{EdgeIndex, EdgeKind, NodeIndex, NodeKind};
use leakscan::testing::builder::Builder;
use leakscan::testing::{oracle, random};

fn check(seed: u64) {
    let heap = random::builder(seed).heap();
    let threads = 1 + seed as usize % 2;
    let snapshot = Snapshot::new(heap, threads, &CancelToken::new(), &Progress::none()).unwrap();
    let Snapshot { heap, graph } = &snapshot;
    let page_objects = oracle::page_objects(heap);
    let dominators = oracle::dominators(heap);
    let distances = oracle::distances(heap);
    let mut dominated = 0;
    for node in heap.nodes.indices() {
        let place = format!("seed {seed}, node {}", node.0);
        assert_eq!(graph.page_objects.contains(node), page_objects.contains(&node), "{place}: page object");
        let expected = oracle::immediate_dominator(&dominators, node);
        assert_eq!(graph.dominators.immediate_dominator(node), expected, "{place}: immediate dominator");
        let expected = oracle::retained_size(&dominators, node, |node| graph.sizes.shallow_size(node));
        assert_eq!(graph.dominators.retained_size(node), expected, "{place}: retained size");
        assert_eq!(graph.distances.raw(node), distances[node.at()], "{place}: distance");
        let retainers: Vec<_> = graph.retainers.of(&heap.nodes, node).collect();
        assert_eq!(retainers, oracle::retainers(heap, node), "{place}: retainers");
        assert_eq!(graph.retainers.count(node) as usize, retainers.len(), "{place}: retainer count");
        dominated += graph.dominators.dominated(node).count();
    }
    assert_eq!(dominated, heap.nodes.len() - 1, "seed {seed}: all but the root are dominated once");
    check_preorder(&snapshot, seed);
}

/// Every subtree is one stretch of the preorder.
fn check_preorder(snapshot: &Snapshot, seed: u64) {
    let dominators = &snapshot.graph.dominators;
    let preorder = dominators.preorder();
    let mut seen: Vec<_> = preorder.order.clone();
    seen.sort();
    assert!(seen.into_iter().eq(snapshot.heap.nodes.indices()), "seed {seed}: every node once");
    for (at, &node) in preorder.order.iter().enumerate() {
        let subtree = &preorder.order[at..preorder.end[at] as usize];
        let sum: u64 = subtree.iter().map(|&node| snapshot.graph.sizes.shallow_size(node)).sum();
        assert_eq!(sum, dominators.retained_size(node), "seed {seed}, node {}: subtree", node.0);
    }
}

#[test]
fn equals_the_naive_definitions() {
    for seed in 0..4000 {
        check(seed);
    }
}

/// The walk over the page objects starts at the targets of the root's shortcuts; one of them may be the root itself.
#[test]
fn a_root_with_a_shortcut_to_itself() {
    let mut builder = Builder::new();
    let held = builder.object("Held", 8);
    let shared = builder.object("Shared", 8);
    let orphan = builder.object("Orphan", 8);
    builder.edge(NodeIndex::ROOT, EdgeKind::Shortcut, "self", NodeIndex::ROOT);
    builder.element(NodeIndex::ROOT, 1, held).property(held, "shared", shared).property(orphan, "shared", shared);
    let Snapshot { graph, .. } = builder.snapshot();
    assert!(graph.page_objects.contains(shared) && !graph.page_objects.contains(orphan));
    assert_eq!(graph.dominators.immediate_dominator(shared), held, "what is no page object keeps none");
}

/// A million nodes, each of which keeps the next: as deep as a graph can be.
#[test]
fn a_deep_chain() {
    let count = 1_000_000;
    let mut builder = Builder::new();
    for number in 0..count {
        let node = builder.object("Link", 8);
        builder.property(NodeIndex(number), "next", node);
        if number > 0 {
            builder.property(node, "previous", NodeIndex(number)).property(node, "first", NodeIndex(1));
        }
    }
    let Snapshot { graph, .. } = builder.snapshot();
    let first = NodeIndex(1);
    for node in [2, 3, count / 2, count] {
        assert_eq!(graph.dominators.immediate_dominator(NodeIndex(node)), NodeIndex(node - 1));
        assert_eq!(graph.distances.raw(NodeIndex(node)), node as i32);
        assert_eq!(graph.dominators.retained_size(NodeIndex(node)), 8 * u64::from(count - node + 1));
    }
    assert_eq!(graph.retainers.count(first), count + 1, "all but itself, and the second twice, and the root");
    assert_eq!(graph.dominators.preorder().order[count as usize], NodeIndex(count));
}

/// Jobs in a long list that all wait for one promise, and whose results are held from elsewhere too: the plain climb of
/// Semi-NCA from every result up to the root takes a number of steps that is quadratic in the length.
#[test]
fn a_deep_chain_with_shortcuts() {
    let count = 300_000;
    let mut builder = Builder::new();
    let promise = builder.object("Promise", 16);
    let mut before = NodeIndex::ROOT;
    let mut jobs = Vec::new();
    for number in 0..count {
        let job = builder.object("Job", 8);
        let result = builder.object("Result", 4);
        builder.element(before, number, job).property(job, "result", result).property(job, "promise", promise);
        jobs.push((job, result));
        before = job;
    }
    for &(_, result) in &jobs {
        builder.element(NodeIndex::ROOT, 1, result);
    }
    let Snapshot { graph, .. } = builder.snapshot();
    let mut before = NodeIndex::ROOT;
    for (job, result) in jobs {
        assert_eq!(graph.dominators.immediate_dominator(job), before);
        assert_eq!(graph.dominators.immediate_dominator(result), NodeIndex::ROOT);
        before = job;
    }
    assert_eq!(graph.dominators.immediate_dominator(promise), NodeIndex(2));
    assert_eq!(graph.retainers.count(promise), count);
}

/// One node with a million edges, every second to the same target.
#[test]
fn a_wide_node() {
    let mut builder = Builder::new();
    let list = builder.object("Array", 16);
    let hub = builder.object("Hub", 16);
    builder.element(NodeIndex::ROOT, 1, list);
    for number in 0..500_000 {
        let item = builder.node(NodeKind::STRING, "item", 8);
        builder.element(list, number, item).edge(list, EdgeKind::Internal, "hub", hub);
    }
    let Snapshot { heap, graph } = builder.snapshot();
    assert_eq!(graph.dominators.retained_size(list), 16 + 16 + 500_000 * 8);
    assert_eq!(graph.dominators.dominated(list).count(), 500_001);
    assert_eq!(graph.retainers.count(hub), 500_000);
    let (last, source) = graph.retainers.of(&heap.nodes, hub).next().unwrap();
    assert_eq!((last, source), (EdgeIndex(1_000_000), list));
    assert_eq!(graph.distances.raw(hub), 2);
}

/// A cycle that nobody feeds keeps nothing alive, not even what only it leads to.
#[test]
fn cycles_that_nobody_feeds() {
    let drawn = leakscan::snapshot! {
        root -> A(1) -> B(2);
        X(10) -> Y(20) -> X -> B;
        Y -> only_theirs(40) -> B;
        orphan(100) -> held(200) -> B
    };
    let Snapshot { graph, .. } = drawn.snapshot();
    let facts = |key| {
        let node = drawn.at(key);
        (graph.dominators.immediate_dominator(node), graph.dominators.retained_size(node))
    };
    let root = NodeIndex::ROOT;
    assert_eq!(facts("X"), (root, 10));
    assert_eq!(facts("Y"), (root, 20));
    assert_eq!(facts("only_theirs"), (root, 40));
    assert_eq!(facts("orphan"), (root, 300));
    assert_eq!(facts("held"), (drawn.at("orphan"), 200));
    assert_eq!(facts("B"), (root, 2), "the orphan holds it as well as A");
    assert_eq!(facts("root"), (root, 373));
}

/// Work stops when it is cancelled.
#[test]
fn stops_when_cancelled() {
    let cancel = CancelToken::new();
    cancel.cancel();
    let heap = random::builder(1).heap();
    let error = Snapshot::new(heap, 2, &cancel, &Progress::none()).err().unwrap();
    assert_eq!(error.code(), None, "a cancellation has no code of its own");
}
