//! Merged paths: the places of random graphs are those of the plain definition, and what grows is told once.

use std::collections::BTreeMap;

use leakscan::analysis::merged::routes::Routes;
use leakscan::analysis::merged::tree::{PlaceIndex, Tree};
use leakscan::cancel::CancelToken;
use leakscan::graph::Snapshot;
use leakscan::testing::naive_places::{self, Path};
use leakscan::testing::random;

/// The places that the fast way finds, written as the plain one writes them.
fn places(snapshot: &Snapshot, tree: &mut Tree) -> BTreeMap<Path, (u64, u64)> {
    let (routes, figures) = Routes::new(snapshot, tree, &CancelToken::new()).unwrap();
    let path = |place: PlaceIndex| -> Path {
        let text = |name| tree.text(name).to_string();
        let mut steps: Vec<_> =
            tree.upwards(place).map(|it| tree.step(it)).map(|it| (text(it.0), text(it.1))).collect();
        steps.reverse();
        (place != PlaceIndex::MACHINERY).then_some(steps)
    };
    for node in snapshot.heap.nodes.indices() {
        // The edges of a route follow each other, from the root to the node.
        let mut at = leakscan::snapshot::NodeIndex::ROOT;
        for edge in routes.path(node) {
            assert!(snapshot.heap.nodes.edges(at).contains(&edge.at()));
            at = snapshot.heap.edges.target(edge.at());
        }
        assert!(at == node || routes.place(node) == PlaceIndex::NOWHERE);
    }
    let figures = figures.count.into_iter().zip(figures.bytes).enumerate();
    figures.map(|(at, figures)| (path(PlaceIndex(at as u32)), figures)).filter(|it| it.1 != (0, 0)).collect()
}

#[test]
fn places_are_those_of_the_definition() {
    for seed in 0..1500 {
        let (before, after) = random::pair(seed);
        // One tree for both, as in a series.
        let mut tree = Tree::default();
        for snapshot in [before.snapshot(), after.snapshot()] {
            let expected: BTreeMap<_, _> =
                naive_places::places(&snapshot).into_iter().filter(|it| it.1 != (0, 0)).collect();
            assert_eq!(places(&snapshot, &mut tree), expected, "seed {seed}");
        }
    }
}

#[test]
fn it_can_be_stopped() {
    let mut builder = leakscan::testing::builder::Builder::new();
    let list = builder.object("List", 8);
    builder.property(leakscan::snapshot::NodeIndex::ROOT, "list", list);
    for at in 0..CancelToken::STRIDE as u32 {
        builder.element(list, at, list);
    }
    let cancel = CancelToken::new();
    cancel.cancel();
    assert!(Routes::new(&builder.snapshot(), &mut Tree::default(), &cancel).is_err());
}
