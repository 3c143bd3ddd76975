//! Sizes, names and classes against naive definitions of the same facts, every node and every row of thousands of random
//! snapshots; and the cases that DevTools gets wrong.

use std::collections::BTreeMap;

use leakscan::analysis::class_rows::{ClassOrder, ClassQuery, ClassRow, class_rows, class_rows_of};
use leakscan::analysis::scripts::Scripts;
use leakscan::cancel::CancelToken;
use leakscan::graph::Snapshot;
use leakscan::progress::Progress;
use leakscan::snapshot::{Heap, NodeIndex};
use leakscan::testing::builder::Builder;
use leakscan::testing::{class_oracle, random};

fn analyze(heap: Heap) -> Snapshot {
    Snapshot::new(heap, 1, &CancelToken::new(), &Progress::none()).unwrap()
}

fn rows(snapshot: &Snapshot, query: &ClassQuery) -> Vec<ClassRow> {
    class_rows(snapshot, &Scripts::new(&snapshot.heap), query, &CancelToken::new()).unwrap()
}

fn check(seed: u64) {
    let snapshot = analyze(random::builder(seed).heap());
    let Snapshot { heap, graph } = &snapshot;
    let detachedness = class_oracle::detachedness(heap);
    let sizes = class_oracle::shallow_sizes(heap);
    let interfaces = class_oracle::interfaces(heap);
    let classes = class_oracle::classes(heap, &interfaces);
    let keys: Vec<String> = classes.iter().map(class_oracle::key).collect();

    let found = graph.classes.interfaces().all().iter().map(|interface| {
        (interface.name.to_string(), interface.properties.iter().map(ToString::to_string).collect::<Vec<_>>())
    });
    assert_eq!(found.collect::<Vec<_>>(), interfaces, "seed {seed}");
    for node in heap.nodes.indices() {
        let place = || format!("seed {seed}, node {}", node.0);
        let state = (graph.detachedness.state(node), graph.detachedness.is_renamed(node));
        assert_eq!(state, detachedness[node.at()], "{}", place());
        assert_eq!(graph.sizes.shallow_size(node), sizes[node.at()], "{}", place());
        for class in [graph.classes.class_of(node), graph.classes.devtools_class_of(node)] {
            assert_eq!(graph.classes.name(class).to_string(), classes[node.at()].1, "{}", place());
            assert_eq!(graph.classes.location(class), classes[node.at()].0, "{}", place());
            assert_eq!(graph.classes.key(class).to_string(), keys[node.at()], "{}", place());
        }
    }
    for filter in [|_: NodeIndex| true, |node: NodeIndex| !node.0.is_multiple_of(3)] {
        let query = ClassQuery { limit: usize::MAX, ..ClassQuery::default() };
        let rows = class_rows_of(&snapshot, &Scripts::new(heap), &query, filter, &CancelToken::new()).unwrap();
        let found: BTreeMap<_, _> = rows
            .into_iter()
            .map(|row| (row.key.to_string(), (row.count, row.shallow_size, row.retained_size)))
            .collect();
        assert_eq!(found, class_oracle::totals(heap, &keys, filter), "seed {seed}");
    }
}

#[test]
fn equals_naive_definitions() {
    (0..3000).for_each(check);
}

#[test]
fn a_class_has_one_key() {
    for seed in 0..300 {
        let Snapshot { graph, .. } = analyze(random::builder(seed).heap());
        let keys: Vec<String> = graph.classes.all().map(|class| graph.classes.key(class).to_string()).collect();
        for (class, key) in graph.classes.all().zip(&keys) {
            assert_eq!(keys.iter().filter(|other| *other == key).count(), 1, "seed {seed}: {key}");
            assert_eq!(graph.classes.find(&key.as_str().into()), Some(class), "seed {seed}: {key}");
        }
    }
}

fn shown(rows: &[ClassRow]) -> Vec<String> {
    rows.iter().map(|row| format!("{} {} {} {:?}", row.name, row.count, row.retained_size, row.distance)).collect()
}

/// In DevTools an object whose class is called like one of DevTools' own hides all functions, or is hidden by them.
#[test]
fn an_object_called_function_hides_no_functions() {
    let heap = leakscan::snapshot! {
        root -shortcut-> f:closure(32) -> g:closure(16);
        f -> h="Function"(8)
    }
    .heap();
    let snapshot = analyze(heap);
    assert_eq!(shown(&rows(&snapshot, &ClassQuery::default())), ["Function 3 56 Some(1)"]);
    let query = ClassQuery { devtools_compat: true, ..ClassQuery::default() };
    assert_eq!(shown(&rows(&snapshot, &query)), ["Function 1 8 Some(2)"]);
}

#[test]
fn rows_are_filtered_sorted_and_cut() {
    let heap = leakscan::snapshot! {
        root -shortcut-> Big(100) -> Small(1) -> Tiny(1);
        Big -> Wide(50);
        root -[2]-> roots="(GC roots)":synthetic(0) -> far="Far Tiny"(7)
    }
    .heap();
    let snapshot = analyze(heap);
    let names =
        |query: &ClassQuery| -> Vec<_> { rows(&snapshot, query).into_iter().map(|row| row.name.to_string()).collect() };
    let by = |sort_by| ClassQuery { sort_by, ..ClassQuery::default() };
    assert_eq!(names(&by(ClassOrder::RetainedSize)), ["Big", "Wide", "Far Tiny", "Small", "Tiny"]);
    assert_eq!(names(&by(ClassOrder::ShallowSize)), ["Big", "Wide", "Far Tiny", "Small", "Tiny"]);
    assert_eq!(names(&by(ClassOrder::Count)), ["Big", "Far Tiny", "Small", "Tiny", "Wide"]);
    assert_eq!(names(&by(ClassOrder::Distance)), ["Big", "Small", "Wide", "Tiny", "Far Tiny"]);
    assert_eq!(names(&by(ClassOrder::Name)), ["Big", "Far Tiny", "Small", "Tiny", "Wide"]);
    assert_eq!(names(&ClassQuery { filter: Some("TINY".into()), ..ClassQuery::default() }), ["Far Tiny", "Tiny"]);
    assert_eq!(names(&ClassQuery { offset: 1, limit: 2, ..ClassQuery::default() }), ["Wide", "Far Tiny"]);
    let distances: Vec<_> = rows(&snapshot, &by(ClassOrder::Distance)).into_iter().map(|row| row.distance).collect();
    assert_eq!(distances, [Some(1), Some(2), Some(2), Some(3), None], "a minus for what only the VM reaches");
}

/// What does not fit into an interface's name makes shapes differ, but not classes.
#[test]
fn twenty_thousand_shapes_of_five_hundred_interfaces() {
    let mut builder = Builder::new();
    let value = builder.object("v", 8);
    let long = "long".repeat(30);
    for number in 0..20_000 {
        let object = builder.object("Object", 24);
        builder.element(NodeIndex::ROOT, number, object);
        let kind = number % 500;
        for property in [format!("a{kind}"), format!("b{kind}"), long.clone(), format!("c{number}")] {
            builder.property(object, &property, value);
        }
    }
    let Snapshot { heap, graph } = analyze(builder.heap());
    assert_eq!(graph.classes.interfaces().all().len(), 500);
    for node in heap.nodes.indices().skip(2) {
        let kind = (node.0 - 2) % 500;
        assert_eq!(*graph.classes.name(graph.classes.class_of(node)), *format!("{{a{kind}, b{kind}}}"));
    }
}
