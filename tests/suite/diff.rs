//! The diff against a naive definition on thousands of random pairs, its owners likewise; and what two processes do not
//! share.

use std::collections::{BTreeMap, BTreeSet};

use leakscan::analysis::diff::{ClassDelta, Diff, DiffOptions, Identity, PathGrowth, diff};
use leakscan::cancel::CancelToken;
use leakscan::error::ErrorKind;
use leakscan::graph::Snapshot;
use leakscan::progress::Progress;
use leakscan::snapshot::{Heap, NodeId, NodeIndex, NodeKind};
use leakscan::testing::builder::Builder;
use leakscan::testing::{class_oracle, oracle, random};

fn analyze(heap: Heap) -> Snapshot {
    Snapshot::new(heap, 1, &CancelToken::new(), &Progress::none()).unwrap()
}

fn compare(before: &Snapshot, after: &Snapshot, identity: Option<Identity>) -> Diff {
    let options = DiffOptions { identity, owner_limit: usize::MAX, ..DiffOptions::default() };
    diff(before, after, &options, &CancelToken::new(), &Progress::none()).unwrap()
}

#[test]
fn equals_naive_definition() {
    for seed in 0..3000 {
        let (before, after) = random::pair(seed);
        let (before, after) = (analyze(before.heap()), analyze(after.heap()));
        let diff = compare(&before, &after, Some(Identity::SameProcess));
        let expected = class_oracle::changes(&before.heap, &after.heap);
        let keys: Vec<_> = diff.classes.iter().map(|class| class.key.to_string()).collect();
        assert_eq!(keys.iter().collect::<BTreeSet<_>>(), expected.keys().collect(), "seed {seed}");
        for class in &diff.classes {
            let [came, went] = &expected[&class.key.to_string()];
            let ids = |nodes: &[(u32, u64)]| nodes.iter().map(|node| node.0).collect::<Vec<_>>();
            let size = |nodes: &[(u32, u64)]| nodes.iter().map(|node| node.1).sum::<u64>();
            let place = format!("seed {seed}, {}", class.key);
            let raw = |ids: &[NodeId]| ids.iter().map(|id| id.0).collect::<Vec<_>>();
            assert_eq!(raw(diff.added(&class.key)), ids(came), "{place}");
            assert_eq!(raw(diff.removed(&class.key)), ids(went), "{place}");
            assert_eq!((class.added_count, class.removed_count), (came.len() as u64, went.len() as u64), "{place}");
            assert_eq!((class.added_size, class.removed_size), (size(came), size(went)), "{place}");
            assert_eq!(class.count_delta, came.len() as i64 - went.len() as i64, "{place}");
            assert_eq!(class.size_delta, size(came) as i64 - size(went) as i64, "{place}");
        }
        let sorted = diff
            .classes
            .is_sorted_by(|a, b| b.added_size.cmp(&a.added_size).then_with(|| a.name.cmp_utf16(&b.name)).is_le());
        assert!(sorted, "seed {seed}");
    }
}

/// Bytes by the id of the nearest dominator that the other snapshot has, for all nodes that it has not.
fn unmatched_by_owner(snapshot: &Heap, other: &Heap) -> BTreeMap<u32, (u64, u64)> {
    let ids: BTreeSet<u32> = other.nodes.ids().iter().copied().collect();
    let is_matched = |node: NodeIndex| node == NodeIndex::ROOT || ids.contains(&snapshot.nodes.id(node).0);
    let dominators = oracle::dominators(snapshot);
    let sizes = class_oracle::shallow_sizes(snapshot);
    let mut sums: BTreeMap<u32, (u64, u64)> = BTreeMap::new();
    for node in snapshot.nodes.indices().filter(|&node| !is_matched(node)) {
        let mut owner = node;
        while !is_matched(owner) {
            owner = oracle::immediate_dominator(&dominators, owner);
        }
        let sum = sums.entry(snapshot.nodes.id(owner).0).or_default();
        *sum = (sum.0 + 1, sum.1 + sizes[node.at()]);
    }
    sums
}

#[test]
fn owners_gain_what_came_below_them() {
    let mut owner_count = 0;
    for seed in 0..1000 {
        let (before, after) = random::pair(seed);
        let (before, after) = (analyze(before.heap()), analyze(after.heap()));
        let came = unmatched_by_owner(&after.heap, &before.heap);
        let went = unmatched_by_owner(&before.heap, &after.heap);
        let owners = compare(&before, &after, Some(Identity::SameProcess)).owners;
        owner_count += owners.len();
        let gained: BTreeSet<u32> =
            came.iter().filter(|(id, sum)| sum.1 > went.get(id).map_or(0, |sum| sum.1)).map(|(id, _)| *id).collect();
        assert_eq!(owners.iter().map(|owner| owner.id.0).collect::<BTreeSet<_>>(), gained, "seed {seed}");
        for owner in owners {
            let (came, went) = (came[&owner.id.0], went.get(&owner.id.0).copied().unwrap_or_default());
            let found = ((owner.added_count, owner.added_size), (owner.removed_count, owner.removed_size));
            assert_eq!(found, (came, went), "seed {seed}, {}", owner.id);
        }
    }
    assert!(owner_count > 300, "{owner_count} owners prove little");
}

/// A server with `count` requests kept, and as many strings as tell one process from another.
fn server(process: u32, count: u32) -> Builder {
    let mut builder = leakscan::snapshot! {
        root -shortcut-> global(64) -> handler:closure(32) -internal("shared")-> info="handler":code(8);
        info -internal("script")-> script="/app/server.js":code(8);
        global -> cache="Map"(32) -internal("table")-> table="(table)":array(100)
    };
    let (handler, table) = (builder.at("handler"), builder.at("table"));
    builder.locate(handler, process, 3, 1);
    for number in 0..100 {
        let text = builder.node(NodeKind::STRING, &format!("text {} of {process}", number), 16);
        builder.element(handler, number, text);
    }
    for number in 0..count {
        let request = builder.object("Request", 50);
        builder.locate(request, process, 9, 4).element(table, number, request);
    }
    builder
}

#[test]
fn finds_out_what_is_one_process() {
    let (first, later, other) = (server(7, 10), server(7, 30), server(8, 30));
    let (first, later, other) = (analyze(first.heap()), analyze(later.heap()), analyze(other.heap()));
    let summary = |diff: &Diff| -> Vec<String> {
        let row = |class: &ClassDelta| {
            format!(
                "{} +{} -{} {} {}",
                class.key, class.added_count, class.removed_count, class.size_delta, class.retained_delta
            )
        };
        diff.classes.iter().map(row).collect()
    };
    let same = compare(&first, &later, None);
    assert_eq!(same.identity, Identity::SameProcess);
    assert_eq!(summary(&same), ["7,9,4,Request +20 -0 1000 1000"]);
    assert_eq!(same.added(&same.classes[0].key).len(), 20);
    let location = same.classes[0].location.as_ref().map(|place| (place.url.to_string(), place.line, place.column));
    assert_eq!(location, Some(("/app/server.js".into(), 10, 5)));
    let owners: Vec<_> = same.owners.iter().map(|owner| (owner.name.to_string(), owner.size_delta)).collect();
    assert_eq!(owners, [("(table)".to_owned(), 1000)]);

    let different = compare(&first, &other, None);
    assert_eq!(different.identity, Identity::DifferentProcess);
    assert_eq!(summary(&different), ["/app/server.js:10:5,Request +20 -0 1000 1000"], "script ids mean nothing");
    assert!(different.owners.is_empty() && different.added(&different.classes[0].key).is_empty());
    let path = |path: &PathGrowth| path.path.iter().map(ToString::to_string).collect::<Vec<_>>().join(" > ");
    let paths: Vec<_> =
        different.paths.iter().map(|grown| (path(grown), grown.count_delta, grown.retained_delta)).collect();
    assert_eq!(paths, [("global > Map > (array) > Request".to_owned(), 20, 1000)]);
    assert_eq!(summary(&compare(&other, &first, None)), ["/app/server.js:10:5,Request +0 -20 -1000 -1000"]);
}

#[test]
fn a_snapshot_does_not_differ_from_itself() {
    for seed in 0..200 {
        let snapshot = analyze(random::builder(seed).heap());
        for identity in [Identity::SameProcess, Identity::DifferentProcess] {
            let diff = compare(&snapshot, &snapshot, Some(identity));
            assert!(diff.classes.is_empty() && diff.owners.is_empty() && diff.paths.is_empty(), "seed {seed}");
            assert_eq!(diff.before, diff.after);
        }
    }
}

/// Plain objects of the older snapshot are named by the interfaces of the newer one, else `A` would come and go.
#[test]
fn objects_do_not_come_and_go_with_the_interfaces() {
    let before = leakscan::snapshot! { root -[1]-> A="Object"(8) -> x(8); root -[2]-> B="Object"(8) -> y(8) };
    let after = leakscan::snapshot! {
        root -[1]-> A="Object"(8) -> x(8); root -[2]-> B="Object"(8) -> y(8);
        root -[3]-> C="Object"(8) -> x
    };
    let (before, after) = (analyze(before.heap()), analyze(after.heap()));
    let diff = compare(&before, &after, Some(Identity::SameProcess));
    let rows: Vec<_> = diff.classes.iter().map(|class| format!("{} {}", class.name, class.count_delta)).collect();
    assert_eq!(rows, ["{x} 1"]);
}

#[test]
fn stops_when_cancelled() {
    let snapshot = analyze(random::builder(1).heap());
    let cancel = CancelToken::new();
    cancel.cancel();
    let error = diff(&snapshot, &snapshot, &DiffOptions::default(), &cancel, &Progress::none()).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Cancelled));
}
