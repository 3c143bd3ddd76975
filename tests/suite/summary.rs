//! The leak summary and the reports as a whole: what is told once, in which order, and how it reads.

use crate::summaries::only;
use leakscan::analysis::diff::{DiffOptions, diff};
use leakscan::analysis::disclosure::StringContents;
use leakscan::cancel::CancelToken;
use leakscan::causes::{AuditOptions, Summary, SummaryOptions, Verdict, audit_listeners, summarize};
use leakscan::error::ErrorKind;
use leakscan::graph::Snapshot;
use leakscan::progress::Progress;
use leakscan::report::{Style, diff_text, listeners_text, summary_text};
use leakscan::snapshot::{EdgeKind, NodeIndex};
use leakscan::testing::golden;
use leakscan::testing::program::Program;

/// Seed 000's gateway: a listener per request, whose scope also holds the promise's resolvers; and a cache, if it leaks too.
fn gateway(requests: u32, cached: u32) -> Snapshot {
    let mut program = Program::new("/srv/gateway/dist/apiProxy.service.js");
    let process = program.global_object("process", "process");
    let events = program.emitter(process);
    let listeners = program.array(events, "uncaughtException");
    let cache = program.map(program.global, "cache");
    let function = program.function("", 34, 39);
    for _ in 0..requests {
        let body = program.string(&"BODY of a response ".repeat(60), 8216);
        let scope = program.executor_scope(Some(body));
        let closure = program.closure(function, "", Some(scope));
        program.push(listeners, closure);
    }
    for _ in 0..cached {
        let key = program.string("key", 64);
        let entry = program.builder.object("Entry", 2000);
        program.set(cache, key, entry);
    }
    program.snapshot()
}

fn options() -> SummaryOptions {
    SummaryOptions { rounds: Some(300), unit: "request".to_owned(), ..SummaryOptions::default() }
}

fn compare(before: &Snapshot, after: &Snapshot, options: &SummaryOptions) -> Summary {
    summarize(Some(before), after, options, &CancelToken::new()).unwrap()
}

#[test]
fn a_leak_reads_well() {
    let (before, after) = (gateway(100, 0), gateway(400, 0));
    golden::check("summary-leak", &summary_text(&compare(&before, &after, &options()), &Style::default()));
    let unknown = SummaryOptions { rounds: None, ..options() };
    golden::check("summary-leak-unknown-rounds", &summary_text(&compare(&before, &after, &unknown), &Style::default()));
    let alone = summarize(None, &after, &options(), &CancelToken::new()).unwrap();
    golden::check("summary-single", &summary_text(&alone, &Style::default()));
}

#[test]
fn health_reads_well() {
    let summary = compare(&gateway(100, 50), &gateway(100, 50), &options());
    assert_eq!(summary.verdict, Verdict::Clean);
    golden::check("summary-clean", &summary_text(&summary, &Style::default()));
}

#[test]
fn other_answers_read_well() {
    let (before, after) = (gateway(100, 0), gateway(400, 0));
    let cancel = CancelToken::new();
    let diff = diff(&before, &after, &DiffOptions::default(), &cancel, &Progress::none()).unwrap();
    golden::check("diff", &diff_text(&diff, &Style::default()));
    let audit = audit_listeners(&[&before, &after], &AuditOptions::default(), &cancel).unwrap();
    golden::check("listeners", &listeners_text(&audit, &Style::default()));
}

#[test]
fn one_leak_is_one_finding() {
    let summary = compare(&gateway(100, 0), &gateway(400, 0), &options());
    let causes: Vec<_> = summary.findings.iter().map(|finding| finding.cause).collect();
    assert_eq!(causes, ["listeners"]);
}

#[test]
fn two_leaks_are_two_findings_the_bigger_first() {
    let summary = compare(&gateway(100, 0), &gateway(400, 300), &options());
    let causes: Vec<_> = summary.findings.iter().map(|finding| finding.cause).collect();
    assert_eq!(causes, ["listeners", "unbounded-collection"]);
    let bytes: u64 = summary.findings.iter().map(|finding| finding.growth.as_ref().unwrap().bytes).sum();
    let grown = summary.after.total_size - summary.before.as_ref().unwrap().total_size;
    assert!(bytes <= grown, "{bytes} bytes are told, {grown} grew");
    let few = SummaryOptions { limit: 1, ..options() };
    assert_eq!(compare(&gateway(100, 0), &gateway(400, 300), &few).findings.len(), 1);
}

/// Listeners whose scopes refer to the cache that leaks, over a reference of this kind to it or to its entry.
fn linked(requests: u32, kind: EdgeKind, to_entry: bool) -> Snapshot {
    let mut program = Program::new("/srv/gateway/dist/apiProxy.service.js");
    let process = program.global_object("process", "process");
    let events = program.emitter(process);
    let listeners = program.array(events, "uncaughtException");
    let table = program.map(program.global, "cache");
    let cache = NodeIndex::from(table.at() - 1);
    let function = program.function("", 34, 39);
    for _ in 0..requests {
        let key = program.string("key", 64);
        let entry = program.builder.object("Entry", 2000);
        let scope = program.scope(&[]);
        program.builder.edge(scope, kind, "cache", if to_entry { entry } else { cache });
        let closure = program.closure(function, "", Some(scope));
        program.push(listeners, closure);
        program.set(table, key, entry);
    }
    program.snapshot()
}

#[test]
fn what_a_leak_refers_to_is_explained_by_it_only_if_it_keeps_it_and_it_is_new() {
    let causes = |kind, to_entry| {
        let summary = compare(&linked(100, kind, to_entry), &linked(400, kind, to_entry), &options());
        let mut causes: Vec<_> = summary.findings.iter().map(|finding| finding.cause).collect();
        causes.sort_unstable();
        causes
    };
    assert_eq!(causes(EdgeKind::Context, true), ["listeners"], "one leak");
    assert_eq!(causes(EdgeKind::Context, false), ["listeners", "unbounded-collection"], "an old cache");
    assert_eq!(causes(EdgeKind::Weak, true), ["listeners", "unbounded-collection"], "a weak reference");
}

/// Sessions that a registry keeps, and that listeners refer to through records; two listeners share a record.
struct Sharing {
    /// Whether the registry keeps the records, too.
    is_kept_elsewhere: bool,
    /// So many of the sixty sessions have a record.
    records: usize,
}

impl Sharing {
    fn causes(&self) -> Vec<String> {
        let mut program = Program::new("/srv/gateway/dist/apiProxy.service.js");
        let process = program.global_object("process", "process");
        let events = program.emitter(process);
        let listeners = program.array(events, "uncaughtException");
        let registry = program.global_object("registry", "Registry");
        let function = program.function("", 34, 39);
        for at in 0..60 {
            let session = program.builder.object("Session", 200_000);
            program.builder.property(registry, &format!("session{at}"), session);
            let record = program.builder.object("Record", 40);
            if at < self.records {
                program.builder.property(record, "session", session);
            }
            if self.is_kept_elsewhere {
                program.builder.property(registry, &format!("record{at}"), record);
            }
            for _ in 0..2 {
                let scope = program.scope(&[("record", record)]);
                let closure = program.closure(function, "", Some(scope));
                program.push(listeners, closure);
            }
        }
        let summary = summarize(None, &program.snapshot(), &SummaryOptions::default(), &CancelToken::new()).unwrap();
        let mut causes: Vec<String> = summary.findings.iter().map(|finding| finding.cause.to_string()).collect();
        causes.sort_unstable();
        causes
    }
}

#[test]
fn in_one_snapshot_a_suspect_explains_what_it_shares_with_nobody_and_what_that_refers_to() {
    let sharing = Sharing { is_kept_elsewhere: false, records: 60 };
    assert_eq!(sharing.causes(), ["listeners"], "sessions of the listeners");
    let two = ["dominator", "listeners"];
    assert_eq!(Sharing { is_kept_elsewhere: true, ..sharing }.causes(), two, "others keep the records, too");
    assert_eq!(Sharing { records: 30, ..sharing }.causes(), two, "most sessions are not the listeners'");
}

#[test]
fn of_two_processes_only_a_whole_number_per_round_is_a_leak() {
    let identity = Some(leakscan::analysis::diff::Identity::DifferentProcess);
    for (more, verdict) in [(300, Verdict::Leak), (250, Verdict::Suspicious)] {
        let (before, after) = (gateway(100, 0), gateway(100 + more, 0));
        let summary = compare(&before, &after, &SummaryOptions { identity, ..options() });
        assert_eq!(summary.verdict, verdict, "{more} more listeners");
        assert_eq!(summary.findings.len(), 1);
        assert!(summary_text(&summary, &Style::default()).contains("different processes"));
    }
}

#[test]
fn contents_are_told_only_when_asked_for() {
    let (before, after) = (gateway(100, 0), gateway(400, 0));
    let json = |strings| {
        let options = SummaryOptions { strings, ..options() };
        serde_json::to_string(&compare(&before, &after, &options)).unwrap()
    };
    assert!(!json(StringContents::None).contains("BODY"));
    assert!(json(StringContents::Preview).contains("BODY of a response"));
}

#[test]
fn json_has_the_names_that_were_promised() {
    let summary = compare(&gateway(100, 0), &gateway(400, 0), &options());
    let json = serde_json::to_value(&summary).unwrap();
    for name in ["schemaVersion", "verdict", "mode", "identity", "before", "after", "findings"] {
        assert!(!json[name].is_null(), "{name}");
    }
    assert_eq!((json["verdict"].as_str(), json["mode"].as_str()), (Some("leak"), Some("diff")));
    let finding = &json["findings"][0];
    for name in [
        "cause",
        "title",
        "advice",
        "confidence",
        "count",
        "growth",
        "shallowSize",
        "retainedSize",
        "share",
        "owner",
        "location",
        "path",
        "holds",
        "accumulationPoint",
        "keywords",
        "signature",
        "evidence",
    ] {
        assert!(!finding[name].is_null(), "{name}");
    }
    assert_eq!(finding["growth"]["perRound"], 1.0);
    assert_eq!(finding["location"]["line"], 34);
    assert_eq!(finding["holds"][0]["path"][0]["edgeName"], "_events");
    assert_eq!(finding["owner"]["className"], "process");
}

#[test]
fn a_cancelled_summary_stops() {
    let cancel = CancelToken::new();
    cancel.cancel();
    let error = summarize(None, &gateway(100, 0), &options(), &cancel).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Cancelled));
}

/// A cache that grows in `file` of a program that was started from `root`.
fn signature_in(root: &str, file: &str) -> String {
    let snapshot = |count: u32| {
        let mut program = Program::new(&format!("{root}/{file}"));
        let process = program.global_object("process", "process");
        let arguments = program.array(process, "argv");
        for path in ["/usr/bin/node".to_owned(), format!("{root}/bin/www")] {
            let path = program.string(&path, 40);
            program.push(arguments, path);
        }
        let cache = program.builder.object("Array", 32);
        let scope = program.scope(&[("cache", cache)]);
        let literal = program.function("look", 10, 3);
        let closure = program.closure(literal, "look", Some(scope));
        program.builder.property(program.global, "look", closure);
        for _ in 0..count {
            let order = program.builder.object("Order", 400);
            program.push(cache, order);
        }
        program.snapshot()
    };
    only(&compare(&snapshot(60), &snapshot(360), &options())).signature.clone()
}

#[test]
fn signatures_do_not_name_the_directories_around_the_program() {
    for file in ["app.js", "lib/cache.js"] {
        assert_eq!(signature_in("/srv/shop", file), signature_in("/home/somebody/checkout", file), "{file}");
    }
    assert_ne!(signature_in("/srv/shop", "app.js"), signature_in("/srv/shop", "other.js"));
    assert_ne!(signature_in("/srv/shop", "users/index.js"), signature_in("/srv/shop", "orders/index.js"));
}
