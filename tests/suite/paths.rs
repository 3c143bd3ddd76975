//! Retaining paths and summaries of random graphs: every path told is one that keeps alive, and no graph makes them fail.

use std::collections::HashSet;

use leakscan::analysis::paths::{retaining_paths, shortest_path};
use leakscan::cancel::CancelToken;
use leakscan::causes::{AuditOptions, SummaryOptions, audit_listeners, summarize};
use leakscan::graph::{EssentialEdges, Snapshot};
use leakscan::report::{Style, listeners_text, summary_text};
use leakscan::snapshot::{EdgeIndex, NodeIndex};
use leakscan::testing::random;

const SEEDS: u64 = 400;

fn essential(snapshot: &Snapshot) -> EssentialEdges<'_> {
    EssentialEdges::new(&snapshot.heap, &snapshot.graph.weak_pairs, &snapshot.graph.page_objects)
}

/// What the root reaches over essential edges.
fn reached(snapshot: &Snapshot) -> HashSet<NodeIndex> {
    let mut reached = HashSet::from([NodeIndex::ROOT]);
    let mut open = vec![NodeIndex::ROOT];
    while let Some(node) = open.pop() {
        for edge in snapshot.heap.nodes.edges(node) {
            let target = snapshot.heap.edges.target(edge);
            if essential(snapshot).contains(node, edge) && reached.insert(target) {
                open.push(target);
            }
        }
    }
    reached
}

fn check_path(snapshot: &Snapshot, path: &[EdgeIndex], goal: NodeIndex, place: &str) {
    let mut at = NodeIndex::ROOT;
    let mut seen = HashSet::from([at]);
    for edge in path {
        let edge = edge.at();
        assert!(snapshot.heap.nodes.edges(at).contains(&edge), "{place}: an edge of the node before");
        assert!(essential(snapshot).contains(at, edge), "{place}: an essential edge");
        at = snapshot.heap.edges.target(edge);
        assert!(seen.insert(at), "{place}: no node twice");
    }
    assert_eq!(at, goal, "{place}: ends at the node");
}

#[test]
fn every_path_keeps_its_node_alive() {
    let cancel = CancelToken::new();
    for seed in 0..SEEDS {
        let snapshot = random::builder(seed).snapshot();
        let reached = reached(&snapshot);
        for node in snapshot.heap.nodes.indices().skip(1) {
            let place = format!("seed {seed}, node {}", node.0);
            let shortest = shortest_path(&snapshot, node, &cancel).unwrap();
            assert_eq!(shortest.is_some(), reached.contains(&node), "{place}: a path if there is one");
            let paths = retaining_paths(&snapshot, node, 4, &cancel).unwrap();
            assert_eq!(paths.first(), shortest.as_ref(), "{place}: the shortest first");
            assert!(paths.len() <= 4, "{place}: not more than asked for");
            assert_eq!(paths.iter().collect::<HashSet<_>>().len(), paths.len(), "{place}: no path twice");
            for path in &paths {
                check_path(&snapshot, path, node, &place);
            }
        }
    }
}

#[test]
fn no_graph_makes_a_summary_fail() {
    let cancel = CancelToken::new();
    let mut before: Option<Snapshot> = None;
    for seed in 0..SEEDS {
        let after = random::builder(seed).snapshot();
        let options = SummaryOptions { rounds: Some((seed % 9) as u32), ..SummaryOptions::default() };
        let summary = summarize(before.as_ref(), &after, &options, &cancel).unwrap();
        assert!(!summary_text(&summary, &Style::default()).is_empty());
        let audit = audit_listeners(&[&after], &AuditOptions::default(), &cancel).unwrap();
        assert!(!listeners_text(&audit, &Style::default()).is_empty());
        before = Some(after);
    }
}
