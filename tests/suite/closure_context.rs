//! The cause `closure-context`, on drawn heaps: scopes that are kept for one function and hold what another one needs.

use crate::summaries::{self, look};
use leakscan::causes::{Finding, Summary, Verdict};
use leakscan::graph::Snapshot;
use leakscan::report::{Style, summary_text};
use leakscan::snapshot::{EdgeKind, NodeIndex};
use leakscan::testing::program::Program;

const URL: &str = "/srv/app/dist/home.js";
const ROUNDS: u32 = 40;

fn compare(before: &Snapshot, after: &Snapshot) -> Summary {
    summaries::compare(Some(ROUNDS), before, after)
}

/// The findings of this cause.
fn told(summary: &Summary) -> Vec<&Finding> {
    summary.findings.iter().filter(|it| it.cause == "closure-context").collect()
}

fn titles(summary: &Summary) -> Vec<&str> {
    told(summary).iter().map(|it| it.title.as_str()).collect()
}

fn text(finding: &Finding, name: &str) -> String {
    serde_json::to_value(&finding.evidence[name]).unwrap().as_str().unwrap().to_owned()
}

/// Calls of `handle` that each leave a function in the array `getters`.
#[derive(Clone, Copy)]
struct Siblings<'a> {
    /// Of so many calls the function is kept, from this one on.
    from: u32,
    total: u32,
    /// What the bytecode of the function that is kept names, if it has run.
    by_kept: Option<&'a [&'a str]>,
    /// And of its sibling.
    by_sibling: &'a [&'a str],
    /// Bytes of the variable `text`, and of what lies beside the function in the array.
    size: u64,
    beside: u64,
    url: &'a str,
    /// Whether the sibling is kept, too.
    with_sibling: bool,
    /// Whether the call is not done.
    is_running: bool,
}

const SIBLINGS: Siblings<'_> = Siblings {
    from: 0,
    total: 0,
    by_kept: Some(&["id"]),
    by_sibling: &["text", "length"],
    size: 3000,
    beside: 0,
    url: URL,
    with_sibling: false,
    is_running: false,
};

impl Siblings<'_> {
    fn snapshot(self) -> Snapshot {
        let mut program = Program::new(self.url);
        let (handle, get, render) =
            (program.function("handle", 3, 1), program.function("get", 14, 5), program.function("render", 10, 5));
        let outer = program.scope_info(None);
        let inner = program.compile(handle, outer, &[]);
        match self.by_kept {
            Some(names) => drop(program.compile(get, inner, names)),
            None => program.never_run(get, inner),
        }
        program.compile(render, inner, self.by_sibling);
        let maker = program.closure(handle, "handle", None);
        program.builder.property(program.global, "handle", maker);
        let getters = program.array(program.global, "getters");
        for at in 0..self.total {
            let text = program.string("BODY with a secret", self.size);
            let scope = program.scope(&[("text", text)]);
            if at >= self.from {
                program.builder.edge(scope, EdgeKind::Internal, "scope_info", inner);
            }
            let kept = program.closure(get, "get", Some(scope));
            let sibling = program.closure(render, "render", self.with_sibling.then_some(scope));
            let entry = program.builder.object("Entry", 32);
            let more = program.string("more", self.beside);
            let call = program.builder.object("Generator", 64);
            program.builder.property(entry, "get", kept).property(entry, "more", more);
            if self.with_sibling {
                program.builder.property(entry, "render", sibling);
            }
            if self.is_running {
                program.builder.edge(call, EdgeKind::Internal, "context", scope).property(entry, "call", call);
            }
            if at >= self.from {
                program.push(getters, entry);
            }
        }
        program.snapshot()
    }

    fn compare(self) -> Summary {
        compare(&Siblings { total: 20, ..self }.snapshot(), &Siblings { total: 60, ..self }.snapshot())
    }
}

#[test]
fn what_the_kept_functions_do_not_use_is_a_leak() {
    let summary = SIBLINGS.compare();
    assert_eq!(summary.verdict, Verdict::Leak);
    assert_eq!(summary.findings.len(), 1, "the array is told too");
    let finding = &summary.findings[0];
    assert_eq!(
        finding.title,
        "60 functions created at dist/home.js:14:5, kept in array getters, hold on to `text`, which only `render` uses"
    );
    let growth = finding.growth.as_ref().unwrap();
    assert_eq!((finding.count, growth.count, growth.bytes, growth.per_round), (60, 40, 40 * 3000, Some(1.0)));
    assert_eq!((finding.retained_size, finding.confidence), (60 * 3000, 0.9));
    assert_eq!(finding.owner.class_name, "Array");
    assert_eq!(text(finding, "usesKnownBy"), "bytecode");
    assert_eq!(
        text(finding, "sharedScope"),
        "the function that is kept does not use `text`, but shares its scope with `render`, which does"
    );
    let why = "   why         the function that is kept does not use `text`, but shares its scope with";
    assert!(summary_text(&summary, &Style::default()).contains(why));
    let steps: Vec<_> = finding.holds[0].path.iter().map(|step| step.edge_name.to_string()).collect();
    assert_eq!(steps, ["0", "get", "context", "text"]);
    assert!(!serde_json::to_string(&summary).unwrap().contains("secret"));
}

#[test]
fn nobody_is_accused_who_may_use_it() {
    let cases = [
        (Siblings { by_kept: Some(&["text"]), ..SIBLINGS }, "the function that is kept uses it"),
        (Siblings { by_kept: None, ..SIBLINGS }, "it never ran"),
        (Siblings { by_sibling: &["length"], ..SIBLINGS }, "nobody names it"),
        (Siblings { with_sibling: true, ..SIBLINGS }, "the sibling is kept for its own sake"),
        (Siblings { is_running: true, ..SIBLINGS }, "the call is not done"),
        (Siblings { url: "node:internal/streams/readable", ..SIBLINGS }, "Node's own"),
        (Siblings { beside: 4000, ..SIBLINGS }, "more lies beside"),
        (Siblings { size: 0, ..SIBLINGS }, "it weighs nothing"),
    ];
    for (siblings, why) in cases {
        assert_eq!(titles(&siblings.compare()).len(), 0, "{why}");
    }
}

#[test]
fn a_collection_of_functions_says_what_they_keep() {
    let summary = Siblings { by_kept: None, ..SIBLINGS }.compare();
    assert_eq!(summary.findings.len(), 1);
    let functions = |count| {
        let mut program = Program::new(URL);
        let get = program.function("get", 14, 5);
        let getters = program.array(program.global, "getters");
        for _ in 0..count {
            let body = program.string("BODY", 3000);
            let scope = program.scope(&[("text", body)]);
            let kept = program.closure(get, "get", Some(scope));
            program.push(getters, kept);
        }
        program.snapshot()
    };
    let summary = compare(&functions(20), &functions(60));
    let [finding] = &summary.findings[..] else { panic!("{:?}", summary.findings) };
    assert_eq!(finding.cause, "unbounded-collection");
    assert_eq!(
        text(finding, "sharedScope"),
        "the function keeps `text`, a variable of its scope; which functions use it, the snapshot does not tell"
    );
    assert_eq!(text(finding, "usesKnownBy"), "unknown");
    assert_eq!(finding.holds[0].retained_size, 3000 + 32 + 64);
}

#[test]
fn calls_under_way_are_no_leak() {
    let before = Siblings { total: 20, ..SIBLINGS }.snapshot();
    for (still, findings) in [(20, 1), (10, 1), (9, 0), (0, 0)] {
        let after = Siblings { from: 20 - still, total: 80 - still, ..SIBLINGS }.snapshot();
        assert_eq!(told(&compare(&before, &after)).len(), findings, "{still}");
    }
    for (before, after) in [(60, 60), (60, 20), (20, 29)] {
        let [before, after] = [before, after].map(|total| Siblings { total, ..SIBLINGS }.snapshot());
        assert_eq!(told(&compare(&before, &after)).len(), 0);
    }
}

#[test]
fn out_of_step_with_the_rounds_little_is_noise() {
    let summary = |size, rounds| {
        let [before, after] = [20, 50].map(|total| Siblings { total, size, ..SIBLINGS }.snapshot());
        summaries::compare(rounds, &before, &after)
    };
    // Two per cent of a heap of a megabyte.
    for (size, rounds, findings) in [(300, Some(20), 0), (300, Some(30), 1), (3000, Some(20), 1), (3000, None, 1)] {
        assert_eq!(told(&summary(size, rounds)).len(), findings, "{size} {rounds:?}");
    }
}

#[test]
fn the_pace_tells_how_sure_it_is() {
    let confidence = |before, after, rounds| {
        let [before, after] = [before, after].map(|total| Siblings { total, ..SIBLINGS }.snapshot());
        told(&summaries::compare(rounds, &before, &after))[0].confidence
    };
    assert_eq!(confidence(20, 60, Some(40)), 0.9, "one a round");
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
fn in_one_snapshot_many_are_suspicious() {
    for (total, size, verdict) in
        [(100, 3000, Verdict::Suspicious), (99, 3000, Verdict::Clean), (100, 100, Verdict::Clean)]
    {
        let summary = look(&Siblings { total, size, ..SIBLINGS }.snapshot());
        assert_eq!(told(&summary).len(), usize::from(verdict == Verdict::Suspicious), "{total} {size}");
    }
}

/// `count` calls of `replace`: each keeps in `before` what the one before has left, a thing with a method. Every `broken`-th
/// keeps nothing. The method names `by_kept`, its sibling `before`; or none of them ever ran.
fn chain(count: u32, by_kept: Option<&[&str]>, broken: u32) -> Snapshot {
    chain_of(count, by_kept, broken, 3000)
}

/// The same, of things with so many bytes each.
fn chain_of(count: u32, by_kept: Option<&[&str]>, broken: u32, size: u64) -> Snapshot {
    let mut program = Program::new(URL);
    let (replace, method) = (program.function("replace", 3, 1), program.function("method", 14, 5));
    let unused = program.function("unused", 10, 5);
    let outer = program.scope_info(None);
    let inner = program.compile(replace, outer, &[]);
    match by_kept {
        Some(names) => {
            program.compile(method, inner, names);
            program.compile(unused, inner, &["before"]);
        }
        None => {
            program.never_run(method, inner);
            program.never_run(unused, inner);
        }
    }
    let maker = program.closure(replace, "replace", None);
    program.builder.property(program.global, "replace", maker);
    let others = program.array(program.global, "others");
    let mut things: Vec<NodeIndex> = Vec::new();
    for at in 0..count {
        let scope = program.builder.object("system / Context", 32);
        let before = things.last().copied();
        program.builder.edge(scope, EdgeKind::Internal, "scope_info", inner);
        let thing = program.builder.object("Thing", 40);
        let text = program.string("BODY", size);
        let kept = program.closure(method, "method", Some(scope));
        program.builder.property(thing, "method", kept).property(thing, "text", text);
        match before {
            Some(before) if at % broken != 0 => drop(program.builder.edge(scope, EdgeKind::Context, "before", before)),
            Some(before) => program.push(others, before),
            None => {}
        }
        things.push(thing);
    }
    program.builder.property(program.global, "theThing", things[things.len() - 1]);
    program.snapshot()
}

#[test]
fn without_rounds_a_chain_that_gets_long_is_told_however_light_it_is() {
    let names: Option<&[&str]> = Some(&["id"]);
    let light = |count| chain_of(count, names, u32::MAX, 10);
    for (more, rounds, findings) in [(50, None, 1), (49, None, 0), (50, Some(37), 0), (74, Some(37), 1)] {
        let summary = summaries::compare(rounds, &light(20), &light(20 + more));
        assert_eq!(told(&summary).len(), findings, "{more} {rounds:?}");
    }
    let siblings = [20, 120].map(|total| Siblings { total, size: 10, ..SIBLINGS }.snapshot());
    assert_eq!(told(&summaries::compare(None, &siblings[0], &siblings[1])).len(), 0, "those are no chain");
}

#[test]
fn scopes_that_keep_each_other_are_a_leak_whoever_uses_the_variable() {
    let size = 32 + 40 + 3000 + 64;
    let kept =
        "a chain of 60 function scopes of replace (dist/home.js:3:1): each keeps the one before through `before`";
    let used =
        "a chain of 60 function scopes of replace (dist/home.js:3:1): each uses `before`, what the one before has left";
    let cases: [(Option<&[&str]>, _, _); 3] =
        [(Some(&["id"]), kept, "bytecode"), (Some(&["before"]), used, "bytecode"), (None, kept, "unknown")];
    for (names, title, known_by) in cases {
        let summary = compare(&chain(20, names, u32::MAX), &chain(60, names, u32::MAX));
        assert_eq!(summary.verdict, Verdict::Leak);
        assert_eq!(summary.findings.len(), 1, "one leak, one finding: {:?}", summary.findings);
        let finding = &summary.findings[0];
        assert_eq!((finding.title.as_str(), text(finding, "usesKnownBy").as_str()), (title, known_by));
        let growth = finding.growth.as_ref().unwrap();
        assert_eq!((finding.count, growth.count, growth.per_round, finding.confidence), (60, 40, Some(1.0), 0.95));
        assert_eq!(growth.bytes, 40 * size);
        assert_eq!(finding.location.as_ref().map(|location| location.line), Some(3));
        assert_eq!(finding.owner.class_name, "Thing");
    }
}

#[test]
fn few_that_keep_each_other_are_no_chain() {
    for (broken, findings) in [(u32::MAX, 1), (10, 1), (4, 0)] {
        let summary = compare(&chain(20, None, broken), &chain(60, None, broken));
        let chains = titles(&summary).iter().filter(|title| title.starts_with("a chain")).count();
        assert_eq!(chains, findings, "{broken}");
    }
}
