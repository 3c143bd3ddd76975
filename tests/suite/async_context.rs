//! The cause `async-context`, on drawn heaps: stores that resources keep, and Maps by async id.

use crate::summaries;
use leakscan::cancel::CancelToken;
use leakscan::causes::{Finding, Summary, SummaryOptions, Verdict, summarize};
use leakscan::graph::Snapshot;
use leakscan::snapshot::{EdgeKind, NodeIndex, NodeKind};
use leakscan::testing::program::{Function, Program};

const URL: &str = "/srv/app/dist/home.js";
const ROUNDS: u32 = 40;

fn compare(before: &Snapshot, after: &Snapshot) -> Summary {
    summaries::compare(Some(ROUNDS), before, after)
}

/// The findings of this cause.
fn told(summary: &Summary) -> Vec<&Finding> {
    summary.findings.iter().filter(|it| it.cause == "async-context").collect()
}

fn titles(summary: &Summary) -> Vec<&str> {
    told(summary).iter().map(|it| it.title.as_str()).collect()
}

fn text(finding: &Finding, name: &str) -> String {
    serde_json::to_value(&finding.evidence[name]).unwrap().as_str().unwrap().to_owned()
}

/// Resources in the array `jobs`, each with a store.
#[derive(Clone, Copy)]
struct Stores {
    from: u32,
    total: u32,
    /// Whether Node keeps stores in frames.
    has_frames: bool,
    /// Whether all have the same.
    is_one: bool,
    /// Whether the program keeps them in a Map of its own, too.
    has_map: bool,
    /// Bytes of a store's text, and of what the resource holds itself.
    size: u64,
    own: u64,
    property: &'static str,
}

const STORES: Stores = Stores {
    from: 0,
    total: 0,
    has_frames: false,
    is_one: false,
    has_map: false,
    size: 3000,
    own: 0,
    property: "<symbol kResourceStore>",
};

impl Stores {
    fn snapshot(self) -> Snapshot {
        let mut program = Program::new(URL);
        let jobs = program.array(program.global, "jobs");
        let storage = program.global_object("storage", "AsyncLocalStorage");
        let sessions = program.map(program.global, "sessions");
        let mut only = None;
        for at in 0..self.total {
            let store = program.builder.object("RequestContext", 32);
            let body = program.string("BODY with a secret", self.size);
            program.builder.property(store, "text", body);
            let store = if self.is_one { *only.get_or_insert(store) } else { store };
            let job = program.builder.object("AsyncResource", 48);
            let own = program.string("own", self.own);
            program.builder.property(job, "own", own);
            let frame = program.builder.object(if at < self.from { "Gone" } else { "AsyncContextFrame" }, 32);
            let table = program.builder.node(NodeKind::ARRAY, "", 64);
            if self.has_frames {
                program.builder.edge(frame, EdgeKind::Internal, "table", table);
                program.set(table, storage, store);
                program.builder.property(job, "<symbol context_frame>", frame);
            } else if at >= self.from {
                program.builder.property(job, self.property, store);
            }
            let key = program.string("session", 24);
            if at < self.from {
                continue;
            }
            program.push(jobs, job);
            if self.has_map {
                program.set(sessions, key, store);
            }
        }
        program.snapshot()
    }

    fn compare(self) -> Summary {
        compare(&Stores { total: 20, ..self }.snapshot(), &Stores { total: 60, ..self }.snapshot())
    }
}

#[test]
fn stores_of_resources_that_pile_up_are_a_leak() {
    let ways = [
        (false, "AsyncLocalStorage of Node 16-22", vec!["20", "<symbol kResourceStore>", "text"]),
        (true, "AsyncLocalStorage of Node 24-26", vec!["20", "<symbol context_frame>", "table", "6", "text"]),
    ];
    for (has_frames, storage, steps) in ways {
        let summary = Stores { has_frames, ..STORES }.compare();
        assert_eq!(summary.verdict, Verdict::Leak);
        assert_eq!(summary.findings.len(), 1, "the array is told too: {:?}", summary.findings);
        let finding = &summary.findings[0];
        assert_eq!(
            finding.title,
            "60 AsyncLocalStorage stores (RequestContext) kept by AsyncResource objects in array jobs"
        );
        let growth = finding.growth.as_ref().unwrap();
        assert_eq!((finding.count, growth.count, growth.bytes, growth.per_round), (60, 40, 40 * 3032, Some(1.0)));
        assert_eq!((finding.retained_size, finding.confidence), (60 * 3032, 0.95));
        assert_eq!(text(finding, "storage"), storage);
        let held: Vec<_> = finding.holds[0].path.iter().map(|step| step.edge_name.to_string()).collect();
        assert_eq!(held[1..], steps[1..]);
        assert!(!serde_json::to_string(&summary).unwrap().contains("secret"));
    }
}

#[test]
fn stores_are_told_only_if_asynchronous_work_keeps_them_and_they_weigh() {
    let cases = [
        (Stores { is_one: true, ..STORES }, "one store for everything"),
        (Stores { has_map: true, ..STORES }, "the program keeps them itself"),
        (Stores { own: 4000, ..STORES }, "the resources weigh more"),
        (Stores { property: "store", ..STORES }, "a property of the program's"),
    ];
    for (stores, why) in cases {
        assert_eq!(titles(&stores.compare()).len(), 0, "{why}");
    }
}

#[test]
fn work_under_way_is_no_leak() {
    let before = Stores { total: 20, ..STORES }.snapshot();
    for (still, findings) in [(20, 1), (10, 1), (9, 0), (0, 0)] {
        let after = Stores { from: 20 - still, total: 80 - still, ..STORES }.snapshot();
        assert_eq!(told(&compare(&before, &after)).len(), findings, "{still}");
    }
    for (before, after) in [(60, 60), (60, 20), (20, 29)] {
        let [before, after] = [before, after].map(|total| Stores { total, ..STORES }.snapshot());
        assert_eq!(told(&compare(&before, &after)).len(), 0);
    }
}

#[test]
fn the_pace_tells_how_sure_it_is() {
    let confidence = |before, after, rounds| {
        let [before, after] = [before, after].map(|total| Stores { total, ..STORES }.snapshot());
        told(&summaries::compare(rounds, &before, &after))[0].confidence
    };
    assert_eq!(confidence(20, 60, Some(40)), 0.95, "one a round");
    assert_eq!(confidence(20, 101, Some(80)), 0.85, "one more is under way");
    assert_eq!(confidence(20, 80, Some(40)), 0.75, "more than one a round");
    assert_eq!(confidence(20, 50, Some(40)), 0.6, "less than one a round");
    assert_eq!(confidence(20, 80, None), 0.75);
    // Where hardly any were there before, nobody knows whether they stay.
    assert_eq!(confidence(2, 42, Some(40)), 0.8);
    assert_eq!(confidence(2, 83, Some(80)), 0.7);
    assert_eq!(confidence(2, 62, Some(40)), 0.4);
}

#[test]
fn in_one_snapshot_very_many_stores_are_suspicious() {
    for (total, findings) in [(200, 1), (199, 0)] {
        let snapshot = Stores { total, ..STORES }.snapshot();
        let summary = summarize(None, &snapshot, &SummaryOptions::default(), &CancelToken::new()).unwrap();
        assert_eq!(told(&summary).len(), findings, "{total}");
        assert_ne!(summary.verdict, Verdict::Leak);
    }
}

/// A hook of async_hooks whose `init` names `names`; of `total` entries of the Map `seen` those from `from` on are there.
fn hooked(from: u32, total: u32, names: &[&str], has_destroy: bool) -> Snapshot {
    let mut program = Program::new(URL);
    let (init, destroy) = (program.function("init", 14, 5), program.function("destroy", 18, 5));
    let outer = program.scope_info(None);
    program.compile(init, outer, names);
    let table = program.map(program.global, "unused");
    let map = NodeIndex::from(table.at() - 1);
    let module = program.scope(&[("seen", map)]);
    let inner = program.builder.object("system / Context", 24);
    program.builder.edge(inner, EdgeKind::Internal, "previous", module);
    let hook = program.global_object("hook", "AsyncHook");
    let closure = program.closure(init, "init", Some(inner));
    program.builder.property(hook, "<symbol init>", closure);
    let taken_out = program.closure(destroy, "destroy", Some(inner));
    if has_destroy {
        program.builder.property(hook, "<symbol destroy>", taken_out);
    }
    fill(&mut program, table, from, total);
    program.snapshot()
}

/// Entries by small integers, which leave no trace.
fn fill(program: &mut Program, table: NodeIndex, from: u32, total: u32) {
    // A table of 64 buckets: the first entry's value is in slot 3 + 64 + 1.
    program.builder.size(table, 8 * (5 + 7 * 64));
    for at in 0..total {
        let value = program.builder.object("Entry", 100);
        if at >= from {
            program.builder.edge(table, EdgeKind::Internal, &(68 + 3 * at).to_string(), value);
        }
    }
}

#[test]
fn a_map_that_a_hook_fills_and_nobody_empties_is_a_leak() {
    let title = "60 entries by async id in Map unused, filled by an async hook at dist/home.js:14:5";
    for (has_destroy, end) in [(false, ", without a destroy hook that takes them out"), (true, "")] {
        let summary =
            compare(&hooked(0, 20, &["seen", "set"], has_destroy), &hooked(0, 60, &["seen", "set"], has_destroy));
        assert_eq!(summary.verdict, Verdict::Leak);
        assert_eq!(titles(&summary), [format!("{title}{end}")]);
        assert_eq!(summary.findings.len(), 1, "the Map is told too");
        let finding = &summary.findings[0];
        let growth = finding.growth.as_ref().unwrap();
        assert_eq!((finding.count, growth.count, growth.bytes, finding.confidence), (60, 40, 40 * 100, 0.95));
    }
    let other = compare(&hooked(0, 20, &["set"], false), &hooked(0, 60, &["set"], false));
    assert_eq!(titles(&other).len(), 0, "a Map that init does not name is another's");
}

#[test]
fn a_map_whose_entries_go_is_no_leak() {
    let names = &["seen", "set"];
    for (still, findings) in [(20, 1), (10, 1), (9, 0)] {
        let summary = compare(&hooked(0, 20, names, true), &hooked(20 - still, 80 - still, names, true));
        assert_eq!(told(&summary).len(), findings, "{still}");
    }
    assert_eq!(told(&compare(&hooked(0, 60, names, true), &hooked(0, 60, names, true))).len(), 0);
}

#[test]
fn packages_that_keep_contexts_by_async_id_are_known() {
    let namespace = |total| {
        let mut program = Program::new("/srv/app/node_modules/cls-hooked/context.js");
        let namespace = program.global_object("requests", "Namespace");
        let table = program.map(namespace, "_contexts");
        fill(&mut program, table, 0, total);
        program.snapshot()
    };
    let summary = compare(&namespace(20), &namespace(60));
    assert_eq!(
        titles(&summary),
        ["60 contexts by async id in Map Namespace._contexts of cls-hooked 4, of resources that are not destroyed"]
    );
    assert_eq!(text(told(&summary)[0], "library"), "cls-hooked 4");
}

/// How a Tracker has its Map: name, class and kind of reference.
type Field = (&'static str, &'static str, EdgeKind);
const SEEN: Field = ("seen", "Map", EdgeKind::Property);

/// A hook whose `init` is what `make` makes of the function, which names `seen`, and of a Tracker with a field.
fn tracked(field: Field, make: impl Fn(&mut Program, Function, NodeIndex) -> NodeIndex) -> Summary {
    let snapshot = |total| {
        let mut program = Program::new(URL);
        let init = program.function("init", 14, 5);
        let outer = program.scope_info(None);
        program.compile(init, outer, &["seen", "set", "tracker"]);
        let tracker = program.builder.object("Tracker", 24);
        let (name, class, kind) = field;
        let map = program.builder.object(class, 32);
        let table = program.builder.node(NodeKind::ARRAY, "", 64);
        program.builder.edge(tracker, kind, name, map).edge(map, EdgeKind::Internal, "table", table);
        let hook = program.global_object("hook", "AsyncHook");
        let init = make(&mut program, init, tracker);
        program.builder.property(hook, "<symbol init>", init).property(program.global, "tracker", tracker);
        fill(&mut program, table, 0, total);
        program.snapshot()
    };
    compare(&snapshot(20), &snapshot(60))
}

#[test]
fn a_map_in_a_field_is_found_by_whom_init_knows() {
    type Make = fn(&mut Program, Function, NodeIndex) -> NodeIndex;
    let ways: [(&str, usize, Make); 6] = [
        ("a variable that it names", 1, |program, init, tracker| {
            let scope = program.scope(&[("tracker", tracker)]);
            program.closure(init, "init", Some(scope))
        }),
        ("the `this` of an arrow function", 1, |program, init, tracker| {
            let scope = program.scope(&[("this", tracker)]);
            program.closure(init, "init", Some(scope))
        }),
        ("a method that is bound", 1, |program, init, tracker| {
            let init = program.closure(init, "init", None);
            let bound = program.builder.node(NodeKind::CLOSURE, "native_bind", 48);
            program.builder.edge(bound, EdgeKind::Internal, "bound_function", init);
            program.builder.edge(bound, EdgeKind::Internal, "bound_this", tracker);
            bound
        }),
        ("a variable that it does not name", 0, |program, init, tracker| {
            let scope = program.scope(&[("other", tracker)]);
            program.closure(init, "init", Some(scope))
        }),
        ("what the scope has not as a variable", 0, |program, init, tracker| {
            let scope = program.scope(&[]);
            program.builder.edge(scope, EdgeKind::Internal, "tracker", tracker);
            program.closure(init, "init", Some(scope))
        }),
        ("no function", 0, |_, _, tracker| tracker),
    ];
    for (way, findings, make) in ways {
        assert_eq!(titles(&tracked(SEEN, make)).len(), findings, "{way}");
    }
}

#[test]
fn only_maps_that_init_names_are_told() {
    let tell = |name, kind| {
        let summary = tracked((name, "Map", kind), |program, init, tracker| {
            let scope = program.scope(&[("tracker", tracker)]);
            program.closure(init, "init", Some(scope))
        });
        titles(&summary).len()
    };
    assert_eq!(tell("seen", EdgeKind::Property), 1);
    assert_eq!(tell("unseen", EdgeKind::Property), 0, "a field that it does not name");
    assert_eq!(tell("seen", EdgeKind::Internal), 0, "no field");
}

#[test]
fn a_map_that_a_package_and_its_hook_fill_is_the_packages() {
    let summary = tracked(SEEN, |program, init, tracker| {
        let map = NodeIndex::from(tracker.at() + 1);
        let namespace = program.global_object("requests", "Namespace");
        program.builder.property(namespace, "_contexts", map);
        let scope = program.scope(&[("tracker", tracker)]);
        program.closure(init, "init", Some(scope))
    });
    assert_eq!(text(told(&summary)[0], "library"), "cls-hooked 4");
    assert_eq!(summary.findings.len(), 1, "once");
}
