//! The cause `detached-context`, on drawn heaps: which contexts are too many, and whose they are.

use crate::summaries::{compare, look};
use leakscan::analysis::diff::Identity;
use leakscan::cancel::CancelToken;
use leakscan::causes::{Evidence, Summary, SummaryOptions, Verdict, summarize};
use leakscan::graph::Snapshot;
use leakscan::snapshot::{EdgeKind, NodeIndex, NodeKind};
use leakscan::testing::program::Program;

const URL: &str = "/srv/app/dist/rules.js";
const OLD: u32 = 20;
const ROUNDS: u32 = 40;
/// Bytes of a context with its built-in objects.
const SIZE: u64 = 140_000;

fn titles(summary: &Summary) -> Vec<&str> {
    summary.findings.iter().filter(|it| it.cause == "detached-context").map(|it| it.title.as_str()).collect()
}

/// A program with the main context, one of its own that it uses again, and an array for more.
fn program() -> (Program, NodeIndex) {
    let mut program = Program::new(URL);
    context(&mut program, "main");
    let shared = context(&mut program, "shared");
    let kept = program.builder.object("Array", 32);
    let scope = program.scope(&[("sandboxes", kept), ("shared", shared)]);
    let literal = program.function("run", 12, 3);
    let closure = program.closure(literal, "run", Some(scope));
    program.builder.property(program.global, "run", closure);
    (program, kept)
}

/// A context behind its sandbox; gives the sandbox.
fn context(program: &mut Program, name: &str) -> NodeIndex {
    let sandbox = program.builder.object("Object", 56);
    let context = program.builder.node(NodeKind::HIDDEN, "system / NativeContext", 2400);
    let global = program.builder.object("Object", SIZE - 2400);
    program.builder.edge(sandbox, EdgeKind::Internal, "native_context", context);
    program.builder.edge(context, EdgeKind::Internal, "global_object", global);
    if name == "main" {
        program.builder.property(program.global, "main", sandbox);
    }
    sandbox
}

/// So many contexts that the array keeps.
fn contexts(count: u32) -> Snapshot {
    let (mut program, kept) = program();
    for _ in 0..count {
        let sandbox = context(&mut program, "");
        program.push(kept, sandbox);
    }
    program.snapshot()
}

#[test]
fn a_context_per_request_is_a_leak() {
    let summary = compare(Some(ROUNDS), &contexts(OLD), &contexts(OLD + ROUNDS));
    assert_eq!((summary.verdict, summary.findings.len()), (Verdict::Leak, 1));
    let finding = &summary.findings[0];
    let title = "60 JavaScript contexts beside the program's own, 8.4 MB, kept by array sandboxes (dist/rules.js:12:3)";
    assert_eq!((finding.cause, finding.title.as_str()), ("detached-context", title));
    let growth = finding.growth.as_ref().unwrap();
    assert_eq!((finding.count, growth.count, growth.per_round), (60, 40, Some(1.0)));
    assert_eq!((growth.bytes, finding.retained_size), (40 * (SIZE + 56), 60 * (SIZE + 56)));
    assert_eq!(finding.evidence["retainedPerContext"], Evidence::Number(SIZE + 56));
    assert_eq!(finding.owner.class_name, "Array");
    assert_eq!(finding.confidence, 0.98);
}

#[test]
fn as_many_as_before_are_no_leak() {
    for (before, after, findings) in [(60, 60, 0), (60, 20, 0), (20, 29, 0), (20, 30, 1)] {
        let summary = compare(Some(ROUNDS), &contexts(before), &contexts(after));
        assert_eq!(titles(&summary).len(), findings, "{before} -> {after}");
    }
}

#[test]
fn how_sure_it_is_depends_on_the_pace() {
    let confidence = |rounds| compare(rounds, &contexts(OLD), &contexts(OLD + ROUNDS)).findings[0].confidence;
    assert_eq!([confidence(Some(40)), confidence(Some(41)), confidence(None)], [0.98, 0.8, 0.8]);
    let options = SummaryOptions { identity: Some(Identity::DifferentProcess), ..SummaryOptions::default() };
    let other = summarize(Some(&contexts(OLD)), &contexts(OLD + ROUNDS), &options, &CancelToken::new()).unwrap();
    assert_eq!((other.findings[0].confidence, other.verdict), (0.6, Verdict::Suspicious));
    assert_eq!(other.findings[0].growth.as_ref().unwrap().count, 40);
}

#[test]
fn in_one_snapshot_many_are_suspicious() {
    // The one that is used again counts for the suspicion, and is not told.
    let summary = look(&contexts(19));
    assert_eq!((summary.verdict, summary.findings.len()), (Verdict::Suspicious, 1));
    assert_eq!(summary.findings[0].count, 19);
    assert_eq!(titles(&look(&contexts(18))).len(), 0);
}

#[test]
fn a_function_from_inside_keeps_all_of_it() {
    let snapshot = |count: u32| {
        let (mut program, kept) = program();
        for _ in 0..count {
            let sandbox = context(&mut program, "");
            let scope = program.scope(&[("sandbox", sandbox)]);
            let inside = program.builder.node(NodeKind::CLOSURE, "rule", 64);
            program.builder.edge(inside, EdgeKind::Internal, "context", scope);
            program.push(kept, inside);
        }
        program.snapshot()
    };
    let summary = compare(Some(ROUNDS), &snapshot(OLD), &snapshot(OLD + ROUNDS));
    assert_eq!(summary.findings.len(), 1);
    assert_eq!(summary.findings[0].retained_size, 60 * (SIZE + 56 + 32 + 64), "with what keeps it");
}

#[test]
fn nodes_own_lists_are_no_keepers() {
    // As up to Node 22: a list of Node's leads to every sandbox, over a shorter way.
    let snapshot = |count: u32| {
        let (mut program, kept) = program();
        let environment = program.builder.node(NodeKind::SYNTHETIC, "Node / Environment", 0);
        let queue = program.builder.node(NodeKind::NATIVE, "Node / CleanupQueue", 100);
        program.builder.element(NodeIndex::ROOT, 5, environment);
        program.builder.edge(environment, EdgeKind::Internal, "cleanup_queue", queue);
        for at in 0..count {
            let sandbox = context(&mut program, "");
            let record = program.builder.object("Tenant", 80);
            program.builder.property(record, "sandbox", sandbox).element(queue, at, sandbox);
            program.push(kept, record);
        }
        program.snapshot()
    };
    let summary = compare(Some(ROUNDS), &snapshot(OLD), &snapshot(OLD + ROUNDS));
    assert_eq!(summary.findings.len(), 1, "the records are no leak of their own");
    assert_eq!(summary.findings[0].evidence["keptBy"], Evidence::from("array sandboxes"));
}
